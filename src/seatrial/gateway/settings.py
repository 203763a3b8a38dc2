"""The settings of a gateway: a JSON file without any secret; secrets stand in variables that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from seatrial import errors
from seatrial.gateway import budgets, prices
from seatrial.values.fields import Spec

Amount = Annotated[int, BeforeValidator(prices.parse_amount)]
"""Nanos, from text."""
Tokens = Annotated[int, Field(ge=1, le=10_000_000)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class PriceSettings(Spec):
    """Per million tokens."""

    input: Amount
    output: Amount = 0
    cached: Amount | None = None
    cache_write: Amount | None = None
    input_tokens_max: Tokens | None = None

    def price(self) -> prices.Price:
        return prices.Price(
            input_nanos=self.input,
            output_nanos=self.output,
            cached_nanos=self.cached,
            cache_write_nanos=self.cache_write,
            input_tokens_max=self.input_tokens_max,
        )


class ProviderSettings(Spec):
    """Who answers: an address that ends before `/chat/completions`, here or in a variable that wins."""

    url: Word | None = None
    url_from: Word | None = None
    key_from: Word | None = None
    unbilled_statuses: tuple[int, ...] = (
        301,
        302,
        303,
        307,
        308,
        400,
        401,
        402,
        403,
        404,
        405,
        413,
        415,
        422,
        429,
        503,
    )
    """Answers by which it says that it did not do the work; any other failure may have cost something."""


class ModelSettings(Spec):
    """What a name means that callers ask for."""

    provider: Word
    id: Word | None = None
    """What the provider calls it, here or in a variable that wins."""
    id_from: Word | None = None
    price: PriceSettings | None = None
    """Without it the price of the table, if the provider's host and the model are in it."""
    output_tokens: Tokens | None = None
    """For a call that does not say how many it wants."""
    output_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the provider calls that; OpenAI's own address takes the second for every model."""
    input_overhead_tokens: Annotated[int, Field(ge=0, le=1_000_000)] = 256
    """What the provider may put around the messages by itself."""
    fields: tuple[Word, ...] = ()
    """Fields of a request, beside the known ones, that cannot make it dearer."""
    fallbacks: tuple[Word, ...] = ()
    """Names of models to try in turn when its provider fails or is not set, or its budget is used up."""
    stream_usage: bool = True
    """The provider can be asked to report use at the end of a stream."""


class ThresholdSettings(Spec):
    """What should happen at which millionth of the limit."""

    at_millionths: Annotated[int, Field(ge=1, le=10**9)]
    do: budgets.Doing
    who: Annotated[tuple[Word, ...], Field(min_length=1)]
    by: float | None = None
    severity: Word = "warning"

    def threshold(self) -> budgets.Threshold:
        return budgets.Threshold(
            millionths=self.at_millionths, do=self.do, who=self.who, by=self.by, severity=self.severity
        )


class BudgetSettings(Spec):
    """What may be spent in a span."""

    name: Word
    limit: Amount
    per: budgets.Span
    models: tuple[Word, ...] | None = None
    thresholds: tuple[ThresholdSettings, ...] = ()

    def budget(self, currency: str, call_nanos: int) -> budgets.Budget:
        return budgets.Budget(
            name=self.name,
            currency=currency,
            limit_nanos=self.limit,
            span=self.per,
            models=self.models,
            thresholds=tuple(one.threshold() for one in self.thresholds),
            call_nanos=call_nanos,
        )


class Limits(Spec):
    """Bounds of everything."""

    request_bytes_max: Annotated[int, Field(ge=1024, le=2**28)] = 4 * 2**20
    response_bytes_max: Annotated[int, Field(ge=1024, le=2**28)] = 32 * 2**20
    calls_max: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Under way at the same time."""
    waiting_max: Annotated[int, Field(ge=0, le=100_000)] = 256
    waiting_seconds: Seconds = 30.0
    request_seconds: Seconds = 30.0
    """Until a caller has sent its whole request."""
    connect_seconds: Seconds = 10.0
    first_byte_seconds: Seconds = 120.0
    idle_seconds: Seconds = 60.0
    """Between two pieces of an answer."""
    call_seconds: Seconds = 600.0
    grace_seconds: Seconds = 8.0
    """What calls under way are given when the gateway is told to stop."""


class Recordings(Spec):
    """Answers kept in files, or given from them."""

    mode: Literal["off", "record", "replay"] = "off"
    folder: Path | None = Field(default=None, strict=False)
    bytes_max: Annotated[int, Field(ge=1024, le=2**36)] = 256 * 2**20


class Settings(Spec):
    """All of it."""

    host: Word = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)]
    keys_from: Annotated[tuple[Word, ...], Field(min_length=1)]
    """Variables with the keys of callers."""
    ledger: Path = Field(strict=False)
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    """Of all prices and limits; the table of known prices is in USD and counts for nothing else."""
    providers: Mapping[Word, ProviderSettings] = {}
    models: Mapping[Word, ModelSettings] = {}
    budgets: tuple[BudgetSettings, ...] = ()
    limits: Limits = Limits()
    recordings: Recordings = Recordings()

    @model_validator(mode="after")
    def _ensure_known(self) -> Settings:
        for name, model in self.models.items():
            if model.provider not in self.providers:
                raise ValueError(f"model {name}: there is no provider {model.provider!r}")
            if unknown := set(model.fallbacks) - set(self.models):
                raise ValueError(f"model {name}: there is no model {min(unknown)!r} to fall back to")
        for budget in self.budgets:
            if unknown := set(budget.models or ()) - set(self.models):
                raise ValueError(f"budget {budget.name}: there is no model {min(unknown)!r}")
        if len({budget.name for budget in self.budgets}) < len(self.budgets):
            raise ValueError("two budgets have the same name")
        if self.recordings.mode != "off" and self.recordings.folder is None:
            raise ValueError(f"recordings: mode {self.recordings.mode} needs a folder")
        return self


def read_settings(path: Path) -> Settings:
    """Raises MissingError where there is no such file, CallError where it is wrong."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise errors.MissingError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return Settings.model_validate_json(text)
    except ValidationError as error:
        found = "\n".join(
            f"{path}: {'.'.join(map(str, one['loc'])) or 'settings'}: {one['msg']}" for one in error.errors()
        )
        raise errors.CallError(found) from error


def read_keys(settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of callers. Raises MissingError where one is not set, CallError for what is no key."""
    keys = {name: read_key(name, environment) for name in settings.keys_from}
    if missing := [name for name, key in keys.items() if key is None]:
        raise errors.MissingError(f"set {', '.join(missing)}: a key that callers of the gateway must bear")
    return tuple(key for key in keys.values() if key)


def read_key(name: str, environment: Mapping[str, str]) -> str | None:
    """Without the space around it. Raises CallError for one that no header can bear."""
    key = environment.get(name, "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise errors.CallError(f"{name}: a key is printable ASCII without spaces, and what is set is not")
    return key or None


def read_url(told: ProviderSettings, environment: Mapping[str, str]) -> str | None:
    """Raises CallError for an address that cannot be shown: messages name it."""
    varied = environment.get(told.url_from or "", "").strip()
    url = varied or told.url
    where = told.url_from if varied else "url"
    try:
        urlsplit(url or "")
    except ValueError as error:
        raise errors.CallError(f"{where}: is no address such as https://api.example.com/v1") from error
    if set(url or "") & set("@?#"):
        raise errors.CallError(f"{where}: an address bears no user, password or query; give a key as a key")
    return url
