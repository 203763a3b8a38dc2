"""Structured logs: one JSON object a line on standard output, our own and the libraries'."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from seatrial_kit import lines, traces

# These say at INFO what our own lines already say, several times a second.
QUIET = ("uvicorn", "uvicorn.error", "procrastinate", "alembic", "psycopg.pool", "asyncio")


def _dump(event: object, default: Callable[[Any], Any]) -> bytes:
    return msgspec.json.encode(event, enc_hook=default)


def _dump_text(event: object, default: Callable[[Any], Any]) -> str:
    return _dump(event, default).decode()


def configure(service: str, level: str) -> None:
    """Sets up both worlds once; `service` is on every line."""

    def add_service(
        _logger: object, _name: str, event: structlog.types.EventDict
    ) -> structlog.types.EventDict:
        event["service"] = service
        return event

    shared: list[structlog.types.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        traces.add_ids,
        structlog.processors.format_exc_info,
    ]
    number = getattr(logging, level.upper())
    out: Any = lines.Lines(sys.stdout.fileno())
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_dump)],
        logger_factory=structlog.BytesLoggerFactory(out),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dump_text),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
