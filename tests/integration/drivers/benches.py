"""Tiny systems built by hand from parts, and what tests need to run and hurt them."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from seatrial import parts
from seatrial.drivers.laptop import Laptop, folders, leftovers
from seatrial.drivers.laptop.telemetry import collectors
from seatrial.drivers.reports import Arrival, Component, Event, State
from seatrial.plan import Plan
from seatrial.values.references import HostOf, ListenOn, PortOf, Reference, SecretOf, Template

WAIT_SECONDS_MAX = 20.0

# Answers each GET with 200 while a file named after its path lies in its folder, else with 503.
FILE_SERVICE = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        well = os.path.exists("." + self.path)
        body = b"well" if well else b"not yet"
        self.send_response(200 if well else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def template(*pieces: str | Reference) -> Template:
    return Template(pieces)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(kw_only=True)
class Bench:
    """A system under test in a folder of its own."""

    folder: Path
    made: list[parts.Part] = field(default_factory=list)

    @property
    def laptop(self) -> Laptop:
        return Laptop(self.folder)

    @property
    def plan(self) -> Plan:
        ordered = sorted(self.made, key=lambda part: (parts.PARTS.index(type(part)), part.name))
        return Plan(
            system="bench",
            environment="laptop",
            directory=self.folder,
            parts=tuple(ordered),
            notes=template(),
        )

    def add_postgres(
        self, *, extensions: tuple[str, ...] = (), settings: tuple[tuple[str, str], ...] = ()
    ) -> None:
        server = parts.Server(
            product="postgres",
            version="18",
            settings=settings,
            extensions=extensions,
            account="db",
            password="db-password",
        )
        self.made += [
            parts.Workload(
                name="db", program=server, volumes=("db",), probes=parts.Probes(interval_seconds=0.2)
            ),
            parts.Endpoint(name="db.main", of="db", port=free_port()),
            parts.Volume(name="db", of="db"),
            parts.Secret(name="db-password", source="generated"),
        ]

    def add_redis(self, settings: tuple[tuple[str, str], ...] = ()) -> None:
        server = parts.Server(product="redis", version="9", settings=settings, password="cache-password")
        self.made += [
            parts.Workload(
                name="cache",
                program=server,
                volumes=("cache",),
                size=parts.Size(memory_bytes_max=2**26),
                probes=parts.Probes(interval_seconds=0.2),
            ),
            parts.Endpoint(name="cache.main", of="cache", port=free_port()),
            parts.Volume(name="cache", of="cache"),
            parts.Secret(name="cache-password", source="generated"),
        ]

    def add_service(
        self, name: str, script: str, *, needs: tuple[str, ...] = (), probes: parts.Probes | None = None
    ) -> None:
        """A Python script that is given its port as its argument, when it has probes."""
        (self.folder / f"{name}.py").write_text(script)
        words = [template(sys.executable), template(f"{name}.py")]
        if probes:
            words.append(template(ListenOn(endpoint=f"{name}.http")))
            self.made.append(parts.Endpoint(name=f"{name}.http", of=name, port=free_port(), protocol="http"))
            self.made.append(parts.Exposure(name=name, endpoint=f"{name}.http", host=f"{name}.localhost"))
        program = parts.Command(words=tuple(words), build=parts.Build())
        self.made.append(
            parts.Workload(name=name, program=program, needs=needs, probes=probes or parts.Probes())
        )

    def add_job(
        self, name: str, script: str, *, needs: tuple[str, ...] = (), on_demand: bool = False
    ) -> None:
        (self.folder / f"{name}.py").write_text(script)
        program = parts.Command(words=(template(sys.executable), template(f"{name}.py")), build=parts.Build())
        url = template(
            "postgresql://db:",
            SecretOf(name="db-password"),
            "@",
            HostOf(endpoint="db.main"),
            ":",
            PortOf(endpoint="db.main"),
            "/db",
        )
        self.made.append(
            parts.Job(
                name=name,
                program=program,
                when="on-demand" if on_demand else "before-deploy",
                needs=needs,
                env=(("DB_URL", url),) if "db" in needs else (),
            )
        )

    def secret(self, name: str) -> str:
        return (self.folder / folders.NAME / "secrets" / name).read_text()

    def component(self, name: str) -> Component:
        return next(one for one in self.laptop.status().components if one.name == name)

    def database_url(self) -> str:
        address = self.laptop.reach("db.main")
        return f"postgresql://db:{self.secret('db-password')}@{address}/db"

    def living(self) -> int:
        """How many processes bear the mark of this system, without the one that collects telemetry."""
        run = folders.open_folder(self.folder).run
        collecting = leftovers.find_marked(leftovers.Mark(run=run, part=collectors.PART))
        return len(leftovers.find_marked(leftovers.Mark(run=run))) - len(collecting)

    async def log_texts(self, part: str, count: int = 1000) -> list[str]:
        return [line.text async for line in self.laptop.logs(part, last=count)]

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[list[Event]]:
        """Runs it inside this process; the body gets the events so far, and more as they come."""
        events: list[Event] = []
        arrived = asyncio.Event()

        async def run() -> None:
            async for report in self.laptop.supervise(self.plan):
                events.append(report) if isinstance(report, Event) else arrived.set()

        running = asyncio.create_task(run())
        waiting = asyncio.create_task(arrived.wait())
        try:
            await asyncio.wait(
                [running, waiting], timeout=WAIT_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED
            )
            if running.done():
                running.result()
            assert arrived.is_set(), events
            yield events
        finally:
            waiting.cancel()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def start(self) -> Arrival:
        """Runs it under a supervisor of its own."""
        reports = [report async for report in self.laptop.start(self.plan)]
        arrival = reports[-1]
        assert isinstance(arrival, Arrival)
        return arrival


async def wait_until(condition: Callable[[], bool], seconds_max: float = WAIT_SECONDS_MAX) -> None:
    async with asyncio.timeout(seconds_max):
        while not condition():
            await asyncio.sleep(0.02)


def states_of(events: list[Event], part: str) -> list[State]:
    """The states that a part went through, without repeats."""
    states: list[State] = []
    for event in events:
        if event.part == part and states[-1:] != [event.state]:
            states.append(event.state)
    return states
