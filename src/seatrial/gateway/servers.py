"""The gateway as a process: built from its settings, served until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx
import uvicorn
from starlette.applications import Starlette

from seatrial.gateway import prices, routes
from seatrial.gateway.accounts import Accounts
from seatrial.gateway.calls import Calls, Route
from seatrial.gateway.metrics import Metrics
from seatrial.gateway.providers import Provider, make_client
from seatrial.gateway.recordings import Library
from seatrial.gateway.settings import ModelSettings, ProviderSettings, Settings, read_keys
from seatrial.gateway.slots import Slots

_KEEP_ALIVE_SECONDS = 30
_BACKLOG = 512


def serve(settings: Settings, environment: Mapping[str, str]) -> None:
    """Until SIGTERM or SIGINT; calls under way then have a moment to end. Raises MissingError."""
    config = uvicorn.Config(
        build(settings, environment),
        host=settings.host,
        port=settings.port,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.limits.grace_seconds)),
    )
    uvicorn.Server(config).run()


def build(settings: Settings, environment: Mapping[str, str]) -> Starlette:
    """Raises MissingError."""
    keys = read_keys(settings, environment)
    metrics = Metrics()
    client = make_client(settings.limits)
    providers = {
        name: _provider(name, told, settings, environment, client)
        for name, told in settings.providers.items()
    }
    slots = {name: Slots(settings.limits) for name in settings.providers}
    table = prices.read_table() if settings.currency == "USD" else {}
    named = {name: _named(model, environment) for name, model in settings.models.items()}
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
    accounts = Accounts(
        settings.ledger, tuple(one.budget(settings.currency) for one in settings.budgets), metrics
    )
    recordings = settings.recordings
    secrets = (*keys, *(one.key for one in providers.values() if one and one.key))
    library = None
    if recordings.folder and recordings.mode != "off":
        library = Library(folder=recordings.folder, bytes_max=recordings.bytes_max, secrets=secrets)

    async def close() -> None:
        await client.aclose()
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
    name: str,
    told: ProviderSettings,
    settings: Settings,
    environment: Mapping[str, str],
    client: httpx.AsyncClient,
) -> Provider | None:
    """None where no address is known, or the key that belongs to a fixed one is missing."""
    varied = environment.get(told.url_from or "", "")
    key = environment.get(told.key_from or "") or None
    url = varied or told.url
    if not url or (told.key_from and not key and not varied):
        return None
    return Provider(
        name=name,
        url=url,
        key=key,
        unbilled_statuses=frozenset(told.unbilled_statuses),
        limits=settings.limits,
        client=client,
    )


def _price(
    model: ModelSettings, provider: Provider | None, table: Mapping[tuple[str, str], prices.Price]
) -> prices.Price | None:
    if model.price:
        return model.price.price()
    return prices.find_price(provider.url, model.id or "", table) if provider else None


def _named(model: ModelSettings, environment: Mapping[str, str]) -> ModelSettings:
    return model.model_copy(update={"id": environment.get(model.id_from or "") or model.id})


def _remedy(told: ProviderSettings, model: ModelSettings) -> str:
    wanted = (told.url_from, told.key_from, None if model.id else model.id_from)
    names = [name for name in wanted if name]
    return f"set {', '.join(names)}" if names else "its settings name none"
