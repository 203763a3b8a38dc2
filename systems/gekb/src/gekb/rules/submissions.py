"""From an event to what is stored, and from what was stored to the answer."""

import datetime as dt
import secrets
from typing import Any

import msgspec
from seatrial_kit import errors

from gekb import events, grouping
from gekb.rules import patterns

DEFAULT_SEVERITY = "medium"
SUFFIX_BYTES = 8  # 64 random bits: at a million errors a minute a clash is once in 70 years


def error_id(now: dt.datetime) -> str:
    """gekb-YYYY-MMDD-HHMM-suffix; unique at any rate, since the suffix is wide."""
    return f"gekb-{now:%Y-%m%d-%H%M}-{secrets.token_hex(SUFFIX_BYTES)}"


def decide(error: events.Error) -> grouping.Decision:
    return grouping.decide(error.message, error.type, error.stack_trace or ())


def kept_context(sent: dict[str, Any]) -> dict[str, Any]:
    """All that was sent, known and unknown, without what has columns of its own."""
    error = {name: value for name, value in sent["error"].items() if name not in {"message", "stackTrace"}}
    return {**sent, "error": error}


def answer(stored: dict[str, Any]) -> dict[str, Any]:
    """The data of the answer, from what the database decided; the same for a replay."""
    fix = stored["resolution"]
    match = {
        "patternId": stored["patternId"],
        "confidence": 1.0,  # the fingerprint is the same; graded similarity needs the engine
        "matchType": "exact",
        "occurrences": stored["occurrences"],
    }
    return {
        "errorId": stored["errorId"],
        "status": "processed",
        "processingTime": round(stored["seconds"], 6),
        "newPattern": stored["newPattern"],
        "patternMatches": [match],
        "resolution": fix and {**_told(fix), "automated": False, "success": True},
        "prevention": prevention(fix),
    }


def _told(fix: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fix.items() if name != "source"}


def prevention(fix: dict[str, Any] | None) -> dict[str, Any]:
    """What came again although a fix was known could have been prevented, by that fix."""
    return {"preventable": fix is not None, "methods": [fix["strategy"]] if fix else []}


def steps(outcome: events.Outcome) -> list[object]:
    """Steps in their one stored shape."""
    shaped = [events.Step(action=step) if isinstance(step, str) else step for step in outcome.steps]
    if len(msgspec.json.encode(shaped)) > events.STEPS_BYTES_MAX:
        raise errors.InvalidRequest(f"at most {events.STEPS_BYTES_MAX} bytes together", field="steps")
    return [msgspec.to_builtins(step) for step in shaped]


def category(error: events.Error) -> str:
    return error.category or patterns.UNCATEGORIZED
