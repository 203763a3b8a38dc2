"""One `up`, as people follow it: what is stopped first, the start, the welcome, and what changes later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

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
    again: str
    detach: bool
    output: Output = field(default_factory=Output)

    async def follow(self) -> None:
        """Until it is up (detached), or until it has stopped again. Exit code 1 when it never came up."""
        self._announce()
        events = self.driver.start(self.plan) if self.detach else self.driver.supervise(self.plan)
        async with aclosing(events) as reports:
            arrival = await self._arrival(reports)
            if arrival is None:
                self.output.say(f"{self.plan.system} was stopped before all of it was ready")
                raise typer.Exit(1)
            for line in welcomes.welcome(self.driver, self.plan, arrival, self.again, detach=self.detach):
                self.output.say(line)
            if arrival.already:
                self._ensure_well()
            elif not self.detach:
                await self._later(reports)

    def _ensure_well(self) -> None:
        """A system that was running already is as it is; people must not take it for well."""
        failed = [one for one in self.driver.status().components if one.state is State.FAILED]
        for component in failed:
            self.output.say(f"  {component.name} has failed: {component.reason}")
        if failed:
            raise typer.Exit(1)

    def _announce(self) -> None:
        """What takes time before the first part starts."""
        found = self.driver.status()
        if found.phase == "lost":
            self.output.say("ending what a killed run left behind ...")
        elif found.phase == "up" and found.fingerprint != self.plan.fingerprint:
            self.output.say("the page has changed: stopping what runs from the old one ...")

    async def _arrival(self, reports: AsyncIterator[Event | Arrival]) -> Arrival | None:
        with screens.make_screen(self.plan, self.output) as screen:
            async for report in reports:
                if isinstance(report, Arrival):
                    return report
                screen.take(report)
                if self.output.gone and not self.detach:
                    return None
        return None

    async def _later(self, reports: AsyncIterator[Event | Arrival]) -> None:
        """Ends when it has stopped, or when nobody is left to tell: leaving the reports stops it in order."""
        lines = screens.Lines(self.output)
        while not self.output.gone:
            report = await anext(reports, None)
            if report is None:
                break
            if isinstance(report, Event):
                lines.take(report)
        self.output.say(f"{self.plan.system} is stopped; data and addresses are kept")
