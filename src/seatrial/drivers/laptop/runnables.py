"""What the supervisor can start and ask, whatever it is: a program of the application, or an engine."""

from __future__ import annotations

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from seatrial import errors, parts
from seatrial.drivers.laptop import probes
from seatrial.drivers.laptop.processes import Launch
from seatrial.drivers.laptop.sites import Site
from seatrial.values.references import Template

_ALIVE_SECONDS = 1.0


class Runnable(Protocol):
    """One part as its supervisor sees it. A RefusedError ends it for good, other errors end one start."""

    @property
    def stop_signal(self) -> signal.Signals: ...

    @property
    def question(self) -> str:
        """What `check` and `watch` ask, for people."""
        ...

    @property
    def answering_port(self) -> int | None:
        """Where an answer counts only if its own process listens; None where the answer itself proves it."""
        ...

    async def prepare(self) -> Launch:
        """Whatever must be there before each start, and how to start it."""
        ...

    async def check(self, age_seconds: float) -> probes.Answer:
        """Is it ready? Asked until it first is; `age_seconds` is how long its process has run."""
        ...

    async def watch(self) -> probes.Answer:
        """Is it still ready? Asked for as long as it runs, so it must be cheap."""
        ...

    async def live(self) -> probes.Answer | None:
        """Does it live? None where nothing says so beside its process."""
        ...

    def blame(self, lines: tuple[str, ...]) -> str:
        """The lines of its output, or the part of them, that say why it ended."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Application:
    """A program of the application itself, as a service or a job."""

    site: Site
    command: parts.Command
    asked: parts.Probes

    @property
    def stop_signal(self) -> signal.Signals:
        return signal.SIGTERM

    @property
    def question(self) -> str:
        probe = self.asked.ready or self.asked.live
        if isinstance(probe, parts.CommandProbe):
            return " ".join(self.site.resolve(word) for word in probe.words)
        if probe and probe.path is not None:
            return f"GET {probe.path} on port {self.answering_port}"
        port = self.answering_port
        return "its process" if port is None else f"a connection to port {port}"

    @property
    def answering_port(self) -> int | None:
        probe = self.asked.ready or self.asked.live
        if isinstance(probe, parts.CommandProbe):
            return None
        return self.site.ground.ports[probe.endpoint] if probe else self.site.port

    async def prepare(self) -> Launch:
        self.site.make_folders()
        return self._launch(self.command.words)

    def _launch(self, templates: tuple[Template, ...]) -> Launch:
        context = self.site.context(self.command)
        environment = environment_of(self.site, self.command)
        words = tuple(self.site.resolve(word) for word in templates)
        program = find_program(self.site, self.command, words[0], environment["PATH"])
        return Launch(words=(program, *words[1:]), cwd=context, env=environment)

    async def check(self, age_seconds: float) -> probes.Answer:
        if self.asked.ready or self.asked.live or self.site.port is not None:
            return await self.watch()
        return probes.Answer(passed=age_seconds >= _ALIVE_SECONDS, text="runs")

    async def watch(self) -> probes.Answer:
        if probe := self.asked.ready or self.asked.live:
            return await self._ask(probe)
        if self.site.port is not None:
            return await probes.ask_tcp(self.site.port, self.asked.timeout_seconds)
        return probes.Answer(passed=True, text="runs")

    async def live(self) -> probes.Answer | None:
        return await self._ask(self.asked.live) if self.asked.live else None

    async def _ask(self, probe: parts.AnyProbe) -> probes.Answer:
        seconds = probe.timeout_seconds or self.asked.timeout_seconds
        if isinstance(probe, parts.CommandProbe):
            return await probes.ask_command(self._launch(probe.words), seconds)
        port = self.site.ground.ports[probe.endpoint]
        if probe.path is None:
            return await probes.ask_tcp(port, seconds)
        return await probes.ask_http(port, probe.path, seconds)

    def blame(self, lines: tuple[str, ...]) -> str:
        """The last line: of a Python traceback it is the error itself."""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def environment_of(site: Site, command: parts.Command) -> dict[str, str]:
    """Variables of a program of the application; what its own environments hold is found first.

    Those of its build's folder win over those of the page's.
    """
    return site.environment(_own_folders(site, command))


def _own_folders(site: Site, command: parts.Command) -> tuple[Path, ...]:
    bases = (site.context(command), site.ground.plan.directory)
    found = (base / inner for base in bases for inner in (".venv/bin", "node_modules/.bin"))
    return tuple(dict.fromkeys(folder for folder in found if folder.is_dir()))


def find_program(site: Site, command: parts.Command, word: str, path: str | None = None) -> str:
    """The program's full path; a word with a slash is relative to the context. Raises MissingError.

    `path` is searched for the others, by default the one of a part that sets none.
    """
    context = site.context(command)
    own = _own_folders(site, command)
    if "/" in word:
        found, where = shutil.which(str(context / word)), f"{context / word} is none"
    else:
        found = shutil.which(word, path=path or site.common(own)["PATH"])
        nowhere = f"there is no .venv and no node_modules in {context}, and it is not on PATH"
        where = f"it is neither in {' nor in '.join(map(str, own))} nor on PATH" if own else nowhere
    if found is None:
        raise errors.MissingError(f"found no program {word!r}: {where}")
    return found
