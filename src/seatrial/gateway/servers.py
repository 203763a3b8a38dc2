"""The gateway as a process: built from its settings, served until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette

from seatrial import errors
from seatrial.gateway import logs, prices, routes
from seatrial.gateway.accounts import Accounts
from seatrial.gateway.calls import Calls, Route
from seatrial.gateway.metrics import Metrics
from seatrial.gateway.providers import Provider, make_client
from seatrial.gateway.recordings import Library
from seatrial.gateway.settings import (
    BudgetSettings,
    ModelSettings,
    ProviderSettings,
    Settings,
    read_key,
    read_keys,
    read_url,
)
from seatrial.gateway.slots import Slots

_KEEP_ALIVE_SECONDS = 30
_BACKLOG = 512
_OPENAI = "api.openai.com"


class _Server(uvicorn.Server):
    """Ends with 0 when it was told to stop, in place of dying by the signal once all is done."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, self._end)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def _end(self) -> None:
        self.should_exit = True


def serve(settings: Settings, environment: Mapping[str, str]) -> None:
    """Until SIGTERM or SIGINT; calls under way then have a moment to end. Raises MissingError."""
    listener = _listen(settings)
    config = uvicorn.Config(
        build(settings, environment),
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.limits.grace_seconds)),
    )
    _Server(config).run(sockets=[listener])


def _listen(settings: Settings) -> socket.socket:
    try:
        return socket.create_server((settings.host, settings.port), backlog=_BACKLOG)
    except OSError as error:
        place = f"{settings.host}:{settings.port}"
        raise errors.MissingError(f"cannot listen on {place}: {error.strerror}") from error


def build(settings: Settings, environment: Mapping[str, str]) -> Starlette:
    """Raises MissingError."""
    keys = read_keys(settings, environment)
    metrics = Metrics()
    providers = {
        name: _provider(name, told, settings, environment) for name, told in settings.providers.items()
    }
    slots = {name: Slots(settings.limits) for name in settings.providers}
    table = prices.read_table() if settings.currency == "USD" else {}
    named = {
        name: _named(model, providers[model.provider], environment) for name, model in settings.models.items()
    }
    known = {
        name: Route(
            name=name,
            model=model,
            price=_price(model, providers[model.provider], table),
            provider=providers[model.provider] if model.id else None,
            slots=slots[model.provider],
            remedy=_remedy(settings.providers[model.provider], model),
        )
        for name, model in named.items()
    }
    limited = tuple(one.budget(settings.currency, _call_nanos(one, known)) for one in settings.budgets)
    accounts = Accounts(settings.ledger, limited, metrics)
    for name, route in known.items():
        if route.price is None and route.provider and accounts.limiting(name):
            logs.tell("no known price: refused by its budget until it is given one", model=name)
    recordings = settings.recordings
    secrets = (*keys, *(one.key for one in providers.values() if one and one.key))
    library = None
    if recordings.folder and recordings.mode != "off":
        library = Library(folder=recordings.folder, bytes_max=recordings.bytes_max, secrets=secrets)

    async def close() -> None:
        for provider in providers.values():
            if provider:
                await provider.client.aclose()
        await asyncio.to_thread(accounts.close)

    calls = Calls(
        routes=known,
        accounts=accounts,
        metrics=metrics,
        library=library,
        replays=recordings.mode == "replay",
    )
    return routes.make_app(calls, keys, settings.limits, close)


def _provider(
    name: str, told: ProviderSettings, settings: Settings, environment: Mapping[str, str]
) -> Provider | None:
    """None where no address is known, or the key that belongs to a fixed one is missing."""
    key = read_key(told.key_from, environment) if told.key_from else None
    url = read_url(told, environment)
    if not url or (told.key_from and not key and url == told.url):
        return None
    return Provider(
        name=name,
        url=url,
        key=key,
        unbilled_statuses=frozenset(told.unbilled_statuses),
        limits=settings.limits,
        client=make_client(settings.limits),
    )


def _price(
    model: ModelSettings, provider: Provider | None, table: Mapping[tuple[str, str], prices.Price]
) -> prices.Price | None:
    if model.price:
        return model.price.price()
    return prices.find_price(provider.url, model.id or "", table) if provider else None


def _call_nanos(budget: BudgetSettings, known: Mapping[str, Route]) -> int:
    """What the cheapest of its models that costs something reserves for a short question."""
    routes_of = [known[name] for name in (known if budget.models is None else budget.models)]
    return min((one.call_nanos for one in routes_of if one.call_nanos), default=0)


def _named(model: ModelSettings, provider: Provider | None, environment: Mapping[str, str]) -> ModelSettings:
    """As it is asked for: the name may come from a variable, and OpenAI knows its newer limit only."""
    told: dict[str, object] = {"id": environment.get(model.id_from or "") or model.id}
    if provider and urlsplit(provider.url).hostname == _OPENAI:
        told["output_field"] = "max_completion_tokens"
    return model.model_copy(update=told)


def _remedy(told: ProviderSettings, model: ModelSettings) -> str:
    wanted = (told.url_from, told.key_from, None if model.id else model.id_from)
    names = [name for name in wanted if name]
    return f"set {', '.join(names)}" if names else "its settings name none"
