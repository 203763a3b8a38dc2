"""The supervisor as a process of its own; started by `followers.spawn_supervisor` only.

It takes its plan from standard input, and says all it has to say in its record.
"""

from __future__ import annotations

import asyncio
import pickle
import sys

from seatrial import errors
from seatrial.drivers.laptop import adoptions, folders, followers, supervisors
from seatrial.plan import Plan


def main() -> None:
    """Runs until it is asked to stop. Its last words go to a file, for an error before there is a record."""
    plan: Plan = pickle.load(sys.stdin.buffer)  # noqa: S301  # from our own parent, through its pipe
    try:
        with adoptions.adopting():
            asyncio.run(_supervise(plan))
    except folders.LockedError:
        sys.exit(followers.LOCKED_CODE)
    except errors.SeatrialError as error:
        sys.exit(str(error))


async def _supervise(plan: Plan) -> None:
    folder = folders.open_folder(plan.directory)
    await supervisors.Supervisor(plan, folder, lambda _: None).run()


if __name__ == "__main__":
    main()
