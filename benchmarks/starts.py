"""How long people wait: a first `up`, a later `up`, and `--help`."""

from benchmarks import checkouts, measurements, samples


def cold(sizes: measurements.Sizes, results: samples.Results) -> samples.Figure:
    """`./run up` in a fresh clone with empty caches and empty state, everything fetched and set up."""
    seconds = []
    for repetition in range(sizes.starts_cold):
        with checkouts.fresh() as checkout:
            seconds.append(checkout.up()[0])
        results.keep("cold", [{"repetition": repetition, "seconds": seconds[-1]}])
    name = "cold up (fresh clone, empty caches, empty state)"
    return samples.Figure(name=name, unit="s", samples=tuple(seconds), aim=samples.Aim(bound=10))


def warm(checkout: checkouts.Checkout, sizes: measurements.Sizes, results: samples.Results) -> samples.Figure:
    """`./run up` where it ran before; leaves the system up."""
    seconds = []
    for repetition in range(sizes.starts_warm):
        checkout.down()
        seconds.append(checkout.up()[0])
        results.keep("warm", [{"repetition": repetition, "seconds": seconds[-1]}])
    return samples.Figure(name="warm up", unit="s", samples=tuple(seconds), aim=samples.Aim(bound=3))


def command_help(
    checkout: checkouts.Checkout, sizes: measurements.Sizes, results: samples.Results
) -> samples.Figure:
    """The installed command, without the script that sets it up."""
    for _ in range(3):
        checkout.help()
    found = [checkout.help() * 1000 for _ in range(sizes.helps)]
    results.keep(
        "help", [{"repetition": number, "milliseconds": value} for number, value in enumerate(found)]
    )
    aim = samples.Aim(bound=150)
    return samples.Figure(name="seatrial --help", unit="ms", samples=tuple(found), aim=aim)
