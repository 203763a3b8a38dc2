"""`python -m seatrial.gateway SETTINGS.json`: starts one gateway, and nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from seatrial import errors
from seatrial.gateway import logs, servers, settings

_WORDS = 2


def main(words: list[str]) -> int:
    """The exit code: 2 for wrong settings, 3 for what is missing here."""
    logs.set_up()
    try:
        if len(words) != _WORDS:
            raise errors.CallError("usage: python -m seatrial.gateway SETTINGS.json")
        servers.serve(settings.read_settings(Path(words[1])), os.environ)
    except errors.SeatrialError as error:
        for line in str(error).splitlines():
            logs.tell(line)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
