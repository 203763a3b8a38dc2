"""What the gateway writes of itself: one JSON object a line on standard error."""

from __future__ import annotations

import json
import logging
import sys
import time

LOGGER = logging.getLogger("seatrial.gateway")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        line = {"time": stamp, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)


def tell(event: str, level: int = logging.INFO, **facts: object) -> None:
    LOGGER.log(level, event, extra={"facts": facts})
