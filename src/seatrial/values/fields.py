"""Fields of the page with units, and the base of every spec: closed, frozen, camelCase outside."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema
from pydantic.alias_generators import to_camel

from seatrial.values import durations, money, names, quantities, schedules

TEXT_LENGTH_MAX = 10_000
FORM = "x-form"
"""In the schema of a field: the word for its form. A title would be dropped from the values of mappings."""


class Spec(BaseModel):
    """What one place of the page may say: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, strict=True)


def form(word: str, expected: str, pattern: str, *others: dict[str, Any]) -> WithJsonSchema:
    """What editors and the reference show: a word for the form, the form in words, and the form itself.

    `others` are what may stand there in place of text, such as a number and its bounds.
    """
    text = {"type": "string", "pattern": pattern}
    return WithJsonSchema(
        {FORM: word, "description": expected, **({"anyOf": [text, *others]} if others else text)}
    )


def holding(word: Literal["anyOf", "oneOf"], *keys: str) -> ConfigDict:
    """Tells editors that at least or exactly one of the keys is there; a validator tells whoever loads."""
    said: list[JsonValue] = [
        {"required": [key], "properties": {key: {"not": {"type": "null"}}}} for key in keys
    ]
    return ConfigDict(json_schema_extra={word: said})


Duration = Annotated[
    float,
    BeforeValidator(durations.parse_duration),
    form("duration", "a duration such as 500ms, 30s, 15m, 4h or 30d", durations.LONGER_PATTERN),
]
DurationOrNothing = Annotated[
    float,
    BeforeValidator(durations.parse_duration_or_nothing),
    form("duration or 0s", "a duration such as 15m, or 0s", durations.PATTERN),
]
Bytes = Annotated[
    int,
    BeforeValidator(quantities.parse_bytes),
    form(
        "bytes",
        "an amount of bytes such as 512Mi or 10Gi",
        quantities.BYTES_PATTERN,
        {"type": "integer", "minimum": 0, "maximum": quantities.BYTES_MAX},
    ),
]
Cores = Annotated[
    float,
    BeforeValidator(quantities.parse_cores),
    form(
        "cores",
        "an amount of cores such as 500m, 1 or 1.5",
        quantities.CORES_PATTERN,
        {"type": "number", "minimum": 0, "maximum": quantities.CORES_MAX},
    ),
]
Share = Annotated[
    float,
    BeforeValidator(quantities.parse_percentage),
    form("percentage", "a percentage such as 70% or 99.9%", quantities.SHARE_PATTERN),
]
Money = Annotated[
    money.Money,
    BeforeValidator(money.parse_money),
    form("money", "an amount and a currency such as 200 USD", money.PATTERN),
]
Schedule = Annotated[
    str,
    AfterValidator(schedules.ensure_schedule),
    form("schedule", "a schedule such as 0 6 * * *", schedules.PATTERN),
]
Zone = Annotated[
    str,
    AfterValidator(schedules.ensure_zone),
    form("time zone", "a time zone such as UTC or Europe/Berlin", r"^[A-Za-z0-9_+/-]{1,64}$"),
]
Rate = Annotated[
    float,
    BeforeValidator(quantities.parse_rate),
    form("rate", "a rate such as 50/s, 100/min or 1000/h", quantities.RATE_PATTERN),
]


def matching(word: str, pattern: str, expected: str) -> tuple[AfterValidator, WithJsonSchema]:
    """Text of a form, with a message that says the form in words; the pattern goes to editors."""

    def ensure_form(text: str) -> str:
        if re.fullmatch(pattern.strip("^$"), text) is None:
            raise ValueError(f"found {text!r}, expected {expected}")
        return text

    return AfterValidator(ensure_form), form(word, expected, pattern)


Name = Annotated[
    str,
    *matching(
        "name",
        names.PATTERN,
        "a name of at most 40 lower-case letters, digits and '-' that begins with a letter",
    ),
]
Variable = Annotated[
    str,
    *matching(
        "variable", names.VARIABLE_PATTERN, "a variable's name of letters, digits and '_' such as LOG_LEVEL"
    ),
]
SettingName = Annotated[
    str,
    *matching(
        "setting",
        r"^[A-Za-z_][A-Za-z0-9_.-]{0,127}$",
        "a setting's name such as work_mem or pg_stat_statements.max",
    ),
]
UrlPath = Annotated[
    str, *matching("path", r"^/[^\s?#]{0,500}$", "a path that begins with '/', such as /ready")
]
FolderPath = Annotated[
    str,
    *matching("folder", r"^/[A-Za-z0-9._/-]{1,200}$", "a folder that begins with '/', such as /data/media"),
]
Topic = Annotated[
    str,
    *matching(
        "topic",
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$",
        "a topic of letters, digits, '.', '_' and '-' such as raw-events",
    ),
]
Domain = Annotated[
    str,
    *matching(
        "domain",
        r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$",
        "a domain such as example.com",
    ),
]


def _ensure_port(url: str) -> str:
    """The form lets five digits through; urlsplit knows which numbers are ports."""
    urlsplit(url).port  # noqa: B018  # raises ValueError
    return url


HttpUrl = Annotated[
    str,
    *matching(
        "address",
        r"^https?://[A-Za-z0-9.-]{1,253}(:\d{1,5})?(/[^\s?#]{0,500})?$",
        "an address such as https://api.example.com/v1",
    ),
    AfterValidator(_ensure_port),
]
Text = Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH_MAX)]
Port = Annotated[int, Field(ge=1, le=65535)]
Copies = Annotated[int, Field(ge=0, le=1000)]


class SourcedInt(int):
    """A whole number that remembers how it was written: a build `017` is not 17."""

    source: str


class SourcedFloat(float):
    """A number that remembers how it was written: a version `1.10` is not 1.1."""

    source: str


def _setting_text(value: object) -> object:
    """YAML's numbers and booleans, as the text that a server or process is given."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, SourcedInt | SourcedFloat):
        return value.source
    return str(value) if isinstance(value, int | float) else value


Setting = Annotated[
    str,
    BeforeValidator(_setting_text),
    Field(max_length=TEXT_LENGTH_MAX),
    WithJsonSchema(
        {
            FORM: "text or number",
            "description": "text, a number, true or false",
            "type": ["string", "number", "boolean"],
        }
    ),
]
