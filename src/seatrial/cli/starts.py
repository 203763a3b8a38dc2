"""One `up`, as people follow it: what is stopped first, the start, the welcome, and what changes later."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seatrial import errors
from seatrial.cli import screens, welcomes
from seatrial.cli.outputs import Output
from seatrial.drivers import Arrival, Event, State

if TYPE_CHECKING:
    from seatrial.drivers.laptop import Laptop
    from seatrial.plan import Plan


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """A plan that is being started; `again` is how the caller named the system."""

    driver: Laptop
    plan: Plan
    again: str | None
    detach: bool
    as_json: bool = False
    output: Output = field(default_factory=Output)

    async def follow(self) -> None:
        """Until it is up (detached), or until it has stopped again. Exit code 1 when it never came up."""
        self._announce()
        events = self.driver.start(self.plan) if self.detach else self.driver.supervise(self.plan)
        async with aclosing(events) as reports:
            arrival = await self._arrival(reports)
            if arrival is None:
                raise errors.PartFailedError(f"{self.plan.system} was stopped before all of it was ready")
            self._welcome(arrival)
            if arrival.already:
                self._ensure_well()
            elif not self.detach:
                await self._later(reports)

    def _welcome(self, arrival: Arrival) -> None:
        if self.as_json:
            told = welcomes.as_object(self.driver, self.plan, arrival)
            self.output.say(json.dumps(told, ensure_ascii=False))
            return
        for line in welcomes.welcome(self.driver, self.plan, arrival, self.again, detach=self.detach):
            self.output.say(line)

    def _ensure_well(self) -> None:
        """A system that was running already is as it is; people must not take it for well."""
        failed = [one for one in self.driver.status().components if one.state is State.FAILED]
        if failed:
            raise errors.PartFailedError("\n".join(f"{one.name} has failed: {one.reason}" for one in failed))

    def _announce(self) -> None:
        """What takes time before the first part starts."""
        found = self.driver.status()
        if found.phase == "lost":
            self._say("ending what a killed run left behind ...")
        elif news := self.driver.outdated(self.plan):
            self.driver.ensure_startable(self.plan)
            self._say(f"{news} has changed: stopping what runs from the old one ...")

    async def _arrival(self, reports: AsyncIterator[Event | Arrival]) -> Arrival | None:
        with screens.make_screen(self.plan, self.output, as_json=self.as_json) as screen:
            async for report in reports:
                if isinstance(report, Arrival):
                    return report
                screen.take(report)
                if self.output.gone and not self.detach:
                    return None
        return None

    async def _later(self, reports: AsyncIterator[Event | Arrival]) -> None:
        """Ends when it has stopped, or when nobody is left to tell: leaving the reports stops it in order."""
        lines = screens.JsonLines(self.output) if self.as_json else screens.Lines(self.output)
        while not self.output.gone:
            report = await anext(reports, None)
            if report is None:
                break
            if isinstance(report, Event):
                lines.take(report)
        self._say(f"{self.plan.system} is stopped; data and addresses are kept")
        if self.as_json:
            self.output.say(json.dumps({"phase": "stopped"}))

    def _say(self, line: str) -> None:
        """For people only."""
        if not self.as_json:
            self.output.say(line)
