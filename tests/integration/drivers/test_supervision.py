"""The rules of supervision, with real processes."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from seatrial import errors, parts
from seatrial.drivers.reports import Arrival, Event, State
from tests.integration.drivers.benches import FILE_SERVICE, Bench, states_of, template, wait_until

SLEEP = "import time\ntime.sleep(600)\n"


def probes_of(name: str, *, deadline_seconds: float = 10.0, live: bool = False) -> parts.Probes:
    endpoint = f"{name}.http"
    return parts.Probes(
        live=parts.Probe(endpoint=endpoint, path="/health") if live else None,
        ready=parts.Probe(endpoint=endpoint, path="/ready"),
        interval_seconds=0.1,
        timeout_seconds=0.5,
        deadline_seconds=deadline_seconds,
    )


async def test_a_probe_that_never_passes_is_named_and_ends_at_its_deadline(bench: Bench) -> None:
    bench.add_service("api", FILE_SERVICE, probes=probes_of("api", deadline_seconds=1.5))
    began = time.monotonic()
    with pytest.raises(errors.OutOfTimeError) as failure:
        async with bench.up():
            pass
    assert 1.5 <= time.monotonic() - began < 4
    port = next(part.port for part in bench.plan.of(parts.Endpoint))
    expected = f"api failed: GET /ready on port {port} did not pass within 1.5s; last answer: 503 not yet"
    assert expected in str(failure.value)
    assert bench.living() == 0
    assert bench.component("api").state is State.FAILED
    assert bench.laptop.status().phase == "failed"


async def test_a_part_that_passed_and_then_fails_is_degraded_then_failed_and_recovers(bench: Bench) -> None:
    bench.add_service("api", FILE_SERVICE, probes=probes_of("api", deadline_seconds=1.0))
    well = bench.folder / "ready"
    well.touch()
    async with bench.up() as events:
        well.unlink()
        await wait_until(lambda: states_of(events, "api")[-1] is State.FAILED)
        well.touch()
        await wait_until(lambda: states_of(events, "api")[-1] is State.READY)
        degraded = next(event for event in events if event.state is State.DEGRADED)
        failed = next(event for event in events if event.state is State.FAILED)
        assert degraded.reason.endswith("503 not yet")
        assert "did not pass within 1s; last answer: 503 not yet" in failed.reason
        assert 0.9 <= failed.elapsed_seconds - degraded.elapsed_seconds < 3
        expected = [State.STARTING, State.READY, State.DEGRADED, State.FAILED, State.READY]
        assert states_of(events, "api") == expected


async def test_a_part_whose_port_was_taken_before_its_start_fails_and_names_the_holder(bench: Bench) -> None:
    bench.add_redis()
    (bench.folder / "ready").touch()
    bench.add_service("api", FILE_SERVICE, needs=("cache",), probes=probes_of("api"))
    port = next(part.port for part in bench.plan.of(parts.Endpoint) if part.of == "api")
    expected = rf"the last one found port {port} held by .* \(process {os.getpid()}\)"
    with socket.socket() as stranger:

        async def run() -> None:
            async for report in bench.laptop.supervise(bench.plan):
                if isinstance(report, Event) and (report.part, report.state) == ("cache", State.STARTING):
                    stranger.bind(("127.0.0.1", port))
                    stranger.listen()

        with pytest.raises(errors.MissingError, match=expected):
            await run()
    chosen = json.loads((bench.folder / ".seatrial" / "ports.json").read_text())
    assert "cache.main" in chosen
    assert "api.http" not in chosen, "nobody knew it yet, so the next start may choose another"


async def test_what_another_program_answers_does_not_make_a_part_ready(bench: Bench) -> None:
    other = bench.folder / "other.py"
    other.write_text(FILE_SERVICE)
    (bench.folder / "ready").touch()
    go = bench.folder / "go"
    waiting = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)\n"
    bench.add_service("api", waiting + FILE_SERVICE, probes=probes_of("api"))
    port = next(part.port for part in bench.plan.of(parts.Endpoint))
    starting = asyncio.create_task(bench.start())
    await wait_until(lambda: any(one.pid for one in bench.laptop.status().components))
    words = (sys.executable, str(other), str(port))
    stranger = await asyncio.create_subprocess_exec(*words, cwd=bench.folder)
    try:
        said = f"port {port} is answered by "
        await wait_until(lambda: bench.component("api").answer.startswith(said))
        assert bench.component("api").answer.endswith(f"(process {stranger.pid}), not by this part")
        assert bench.component("api").state is State.STARTING
    finally:
        stranger.kill()
        await stranger.wait()
    go.touch()
    await starting
    assert bench.component("api").state is State.READY


async def test_a_dependant_of_a_failed_part_does_not_start_and_says_why(bench: Bench) -> None:
    bench.add_job("migrate", "import sys\nsys.exit('the schema is broken')")
    marker = bench.folder / "started"
    bench.add_service("api", f"open({str(marker)!r}, 'w')\n" + SLEEP, needs=("migrate",))
    with pytest.raises(
        errors.PartFailedError, match="migrate failed: ended with code 1: the schema is broken"
    ):
        async with bench.up():
            pass
    assert not marker.exists()
    assert bench.component("migrate").state is State.FAILED
    dependant = bench.component("api")
    assert dependant.state is State.STOPPED
    assert dependant.reason == "does not start: it needs migrate, which failed"


async def test_programs_that_are_nowhere_are_named_with_who_needs_them_before_anything_starts(
    bench: Bench,
) -> None:
    bench.add_service("idle", SLEEP)
    program = parts.Command(words=(template("no-such-program"),), build=parts.Build())
    bench.made += [parts.Workload(name=name, program=program) for name in ("api", "web", "worker")]
    other = parts.Command(words=(template("./serve"),), build=parts.Build())
    bench.made.append(parts.Workload(name="files", program=other))
    with pytest.raises(errors.MissingError) as failure:
        async with bench.up():
            pass
    nowhere = f"there is no .venv and no node_modules in {bench.folder}, and it is not on PATH"
    assert str(failure.value).splitlines() == [
        f"api, web and 1 more cannot start: found no program 'no-such-program': {nowhere}",
        f"files cannot start: found no program './serve': {bench.folder / 'serve'} is none",
    ]
    assert bench.laptop.status().phase == "never"


async def test_a_page_that_cannot_start_does_not_stop_what_runs(bench: Bench) -> None:
    bench.add_service("api", SLEEP)
    await bench.start()
    kept = bench.component("api").pid
    sound = list(bench.made)
    gone = parts.Command(words=(template("no-such-program"),), build=parts.Build())
    away = parts.Command(words=(template("sh"),), build=parts.Build(context="away"))
    for program, what in ((gone, "found no program"), (away, "the folder of the build")):
        bench.made = [*sound, parts.Workload(name="web", program=program)]
        with pytest.raises(errors.MissingError, match=what):
            await bench.start()
    token = parts.Secret(name="token", source="operator", shown=True)
    bench.made = [*sound, token]
    with pytest.raises(errors.MissingError, match="secret token"):
        await bench.start()
    bench.made = sound
    assert bench.component("api").pid == kept


async def test_programs_of_the_environment_that_runs_us_are_not_on_the_path_of_a_part(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(sys.executable).parent
    kept = [folder for folder in os.get_exec_path() if Path(folder) != own]
    monkeypatch.setenv("PATH", os.pathsep.join(kept))
    bench.add_job("show", "import os; print(os.environ['PATH'])")
    async with bench.up():
        pass
    (path,) = [line for line in await bench.log_texts("show") if "/bin" in line]
    assert str(own) not in path.split(os.pathsep)


async def test_a_folder_that_is_missing_for_a_moment_delays_a_part_and_a_job_and_fails_neither(
    bench: Bench,
) -> None:
    for name in ("api", "migrate"):
        program = parts.Command(
            words=(template("sh"), template("-c"), template("pwd")), build=parts.Build(context=name)
        )
        if name == "api":
            program = parts.Command(
                words=(template("sleep"), template("600")), build=parts.Build(context=name)
            )
            bench.made.append(parts.Workload(name=name, program=program))
        else:
            bench.made.append(parts.Job(name=name, program=program, when="before-deploy"))
    starting = asyncio.create_task(bench.start())
    await wait_until(lambda: len(bench.laptop.status().components) == 2)
    said = f"could not be started: the folder of the build, {bench.folder / 'api'}, does not exist"
    await wait_until(lambda: bench.component("api").reason.startswith(said))
    (bench.folder / "api").mkdir()
    (bench.folder / "migrate").mkdir()
    await starting
    assert (bench.component("api").state, bench.component("migrate").state) == (State.READY, State.DONE)


async def test_a_job_that_does_not_end_within_its_deadline_is_out_of_time(bench: Bench) -> None:
    program = parts.Command(words=(template("sleep"), template("600")), build=parts.Build())
    bench.made.append(parts.Job(name="migrate", program=program, when="before-deploy", deadline_seconds=0.5))
    with pytest.raises(errors.OutOfTimeError, match=r"migrate failed: did not end within 0\.5s"):
        async with bench.up():
            pass


async def test_a_part_that_ends_again_and_again_fails_with_its_last_words(bench: Bench) -> None:
    bench.add_service("api", "print('first')\nraise SystemExit('no such setting: FOO')")
    with pytest.raises(errors.PartFailedError) as failure:
        async with bench.up():
            pass
    text = str(failure.value)
    assert "5 starts in a row ended before it was ready; the last one ended with code 1" in text
    assert "no such setting: FOO" in text
    assert "| first" in text


async def test_a_part_that_takes_its_port_and_ends_a_moment_later_was_never_ready(bench: Bench) -> None:
    script = (
        "import socket, sys, time\n"
        "listening = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "time.sleep(0.5)\n"
        "raise SystemExit('no module named shop')\n"
    )
    bench.add_service("api", script, probes=parts.Probes(deadline_seconds=30))
    with pytest.raises(errors.PartFailedError, match=r"before it was ready; .*: no module named shop"):
        async with bench.up():
            pass


async def test_a_part_that_ends_soon_after_each_start_is_shown_as_unsteady(bench: Bench) -> None:
    script = "import os, time\ntime.sleep(1.2 if os.path.exists('broken') else 600)\n"
    bench.add_service("api", script)
    async with bench.up():
        (bench.folder / "broken").touch()
        await bench.laptop.kill("api")
        await wait_until(lambda: bench.component("api").unsteady)


async def test_an_outage_of_one_part_does_not_end_what_needs_it_for_good(bench: Bench) -> None:
    lasting = "import os\nif not os.path.exists('well'): raise SystemExit('its store is away')\n"
    watching = "import time\nwhile os.path.exists('well'): time.sleep(0.02)\nraise SystemExit('lost it')\n"
    well = bench.folder / "well"
    well.touch()
    bench.add_service("api", lasting + watching)
    async with bench.up() as events:
        well.unlink()
        await wait_until(lambda: states_of(events, "api")[-1] is State.FAILED)
        failed = next(event for event in events if event.state is State.FAILED)
        assert "5 starts in a row ended before it was ready" in failed.reason
        assert failed.reason.endswith("ended with code 1: its store is away; is tried again every 5s")
        well.touch()
        await wait_until(lambda: states_of(events, "api")[-1] is State.READY)
        assert bench.laptop.status().phase == "up"


async def test_a_part_that_does_not_answer_its_live_probe_is_restarted(bench: Bench) -> None:
    bench.add_service("api", FILE_SERVICE, probes=probes_of("api", live=True))
    for name in ("ready", "health"):
        (bench.folder / name).touch()
    async with bench.up() as events:
        before = bench.component("api").pid
        (bench.folder / "health").unlink()
        await wait_until(lambda: any("did not answer its live probe" in event.reason for event in events))
        (bench.folder / "health").touch()
        await wait_until(lambda: states_of(events, "api")[-1] is State.READY)
        await wait_until(lambda: bench.component("api").state is State.READY)
        assert bench.component("api").pid != before
        assert bench.component("api").restarts == 1


async def test_a_killed_part_comes_back_and_takes_nothing_of_itself_along(bench: Bench) -> None:
    script = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        "time.sleep(600)\n"
    )
    bench.add_service("api", script)
    async with bench.up():
        await wait_until(lambda: bench.living() == 2)
        before = bench.component("api").pid
        await bench.laptop.kill("api")
        await wait_until(lambda: bench.component("api").pid not in (before, None))
        await wait_until(lambda: bench.living() == 2)
        assert bench.component("api").restarts == 1


async def test_a_paused_part_is_degraded_and_goes_on_afterwards(bench: Bench) -> None:
    (bench.folder / "ready").touch()
    bench.add_service("api", FILE_SERVICE, probes=probes_of("api"))
    async with bench.up() as events:
        await bench.laptop.pause("api", 1.2)
        await wait_until(lambda: states_of(events, "api")[-1] is State.READY)
        assert states_of(events, "api") == [State.STARTING, State.READY, State.DEGRADED, State.READY]
        assert any("no answer within 0.5s" in event.reason for event in events)


async def test_a_job_on_demand_runs_beside_the_system_only_when_asked(bench: Bench) -> None:
    bench.add_service("api", SLEEP)
    bench.add_job("report", "print('forty-two')", on_demand=True)
    bench.add_job("broken", "raise SystemExit('cannot')", on_demand=True)
    async with bench.up() as events:
        assert {event.part for event in events} == {"api"}
        assert 0 < await bench.laptop.run(bench.plan, "report") < 10
        assert "forty-two" in await bench.log_texts("report")
        with pytest.raises(errors.PartFailedError, match=r"broken ended with code 1\n  \| cannot"):
            await bench.laptop.run(bench.plan, "broken")


async def test_a_job_whose_needs_are_not_ready_is_not_run(bench: Bench) -> None:
    bench.add_postgres()
    bench.add_job("report", "print('never')", needs=("db",), on_demand=True)
    with pytest.raises(errors.MissingError, match="report needs db, which is not ready"):
        await bench.laptop.run(bench.plan, "report")
    with pytest.raises(errors.CallError, match="the page has no job 'nothing'; known here: report"):
        await bench.laptop.run(bench.plan, "nothing")


async def test_a_part_gets_its_own_settings_and_nothing_of_the_callers_environment(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_CALLER", "1")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setenv("SEATRIAL_SECRET_X", "1")
    monkeypatch.setenv("LC_TIME", "C")
    program = bench.folder / ".venv" / "bin" / "show"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nenv\npwd\n")
    program.chmod(0o755)
    bench.made += [
        parts.Config(name="settings", values=(("LEVEL", "info"), ("SHARED", "yes"))),
        parts.Job(
            name="show",
            program=parts.Command(words=(template("show"),), build=parts.Build()),
            when="before-deploy",
            configs=("settings",),
            env=(("LEVEL", template("debug")),),
        ),
    ]
    async with bench.up():
        pass
    lines = await bench.log_texts("show")
    assert {"LEVEL=debug", "SHARED=yes", "LC_TIME=C", "PYTHONUNBUFFERED=1", str(bench.folder)} <= set(lines)
    leaked = ("OF_THE_CALLER", "PYTHONPATH", "SEATRIAL_SECRET_X")
    assert not [line for line in lines if line.startswith(leaked)]
    path = next(line for line in lines if line.startswith("PATH="))
    assert path.startswith(f"PATH={program.parent}:")


async def test_what_the_laptop_cannot_do_is_refused_by_name(bench: Bench) -> None:
    with pytest.raises(errors.RefusedError, match="cannot cut api from db"):
        await bench.laptop.cut("api", "db", 1.0)
    with pytest.raises(errors.RefusedError, match="keeps no backups"):
        await bench.laptop.restore("db")


async def test_parts_that_need_each_other_are_refused(bench: Bench) -> None:
    bench.add_service("one", SLEEP, needs=("two",))
    bench.add_service("two", SLEEP, needs=("one",))
    with pytest.raises(errors.RefusedError, match=r"these need each other: one → two → one|two → one → two"):
        async with bench.up():
            pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_stops_everything_in_the_reverse_order_of_needs(
    bench: Bench, number: signal.Signals
) -> None:
    script = (
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\ntime.sleep(600)\n"
    )
    bench.add_service("base", script)
    bench.add_service("middle", script, needs=("base",))
    bench.add_service("top", script, needs=("middle",))
    stopped: list[str] = []
    async with asyncio.timeout(20):
        async for report in bench.laptop.supervise(bench.plan):
            if isinstance(report, Arrival):
                os.kill(os.getpid(), number)
            elif report.state is State.STOPPED:
                stopped.append(report.part)
    assert stopped == ["top", "middle", "base"]
    assert bench.laptop.status().phase == "stopped"
    assert bench.living() == 0
