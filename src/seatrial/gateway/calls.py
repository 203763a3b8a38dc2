"""The life of one call: find who answers, reserve, ask, hand the answer on, settle."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.gateway import bounds
from seatrial.gateway.accounts import Accounts, Charge
from seatrial.gateway.ledgers import Reservation
from seatrial.gateway.metrics import Metrics
from seatrial.gateway.prices import Price
from seatrial.gateway.providers import Answer, Provider
from seatrial.gateway.recordings import Library, Recording
from seatrial.gateway.refusals import ProviderRefusal, Refusal
from seatrial.gateway.replies import Reply
from seatrial.gateway.requests import Body, Call
from seatrial.gateway.settings import ModelSettings
from seatrial.gateway.slots import Slots
from seatrial.gateway.streams import DONE, malformed, parse_object, read_events
from seatrial.gateway.usages import Usage, read_usage

_SAYING = ("content", "tool_calls", "function_call", "refusal", "reasoning_content")


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A name that callers ask for, and everything behind it."""

    name: str
    model: ModelSettings
    """With the provider's name of it, wherever that came from."""
    price: Price | None
    provider: Provider | None
    slots: Slots
    remedy: str
    """What to set where there is no provider."""

    @property
    def call_nanos(self) -> int:
        """What a call with an empty text reserves that says no limit of its own."""
        model = self.model
        output_tokens = model.output_tokens or bounds.OUTPUT_TOKENS
        return self.price.bound(model.input_overhead_tokens, output_tokens) if self.price else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Calls:
    """Answers calls, live or from recordings."""

    routes: Mapping[str, Route]
    accounts: Accounts
    metrics: Metrics
    library: Library | None
    replays: bool

    async def answer(self, call: Call, reply: Reply) -> None:
        """Raises Refusal; the reply may have begun by then."""
        route = self.routes.get(call.model)
        if route is None:
            known = ", ".join(sorted(self.routes)) or "none"
            raise Refusal(404, "model_not_found", f"there is no model {call.model[:100]!r}; there is {known}")
        if self.library and self.replays:
            await _replay(await asyncio.to_thread(self.library.find, call), reply)
            return
        others = (self.routes[name] for name in route.model.fallbacks)
        try:
            await self._attempt(call, route, reply)
        except Refusal as refusal:
            for other in others:
                if reply.begun or not refusal.passing:
                    break
                with contextlib.suppress(Refusal):
                    await self._attempt(call, other, reply)
                    return
            raise

    async def _attempt(self, call: Call, route: Route, reply: Reply) -> None:
        outcome = "left"
        try:
            async with route.slots:
                await self._call(call, route, reply)
            outcome = "answered"
        except Refusal as refusal:
            outcome = refusal.code
            raise
        finally:
            self.metrics.count("calls_total", model=route.name, outcome=outcome)

    async def _call(self, call: Call, route: Route, reply: Reply) -> None:
        if route.provider is None:
            raise Refusal(503, "no_model", f"model {route.name} has no provider here: {route.remedy}")
        body, held = await self._reserve(call, route)
        handing = self._hand_on_stream if call.streams else self._hand_on_whole
        with Charge(self.accounts, route.name, route.price, held) as charge:
            async with route.provider.ask(call.path, body, charge) as answer:
                await handing(call, answer, charge, reply)

    async def _hand_on_whole(self, call: Call, answer: Answer, charge: Charge, reply: Reply) -> None:
        text = await answer.whole()
        value = parse_object(text)
        wanted = "data" if call.path == "embeddings" else "choices"
        if not isinstance(value.get(wanted), list):
            raise malformed(f"its answer has no {wanted}")
        usage = read_usage(value.get("usage"))
        if usage and not usage.output_tokens and _says_something(value):
            usage = None
        await self._settle(call, charge, usage, [text.decode()])
        await reply.whole(text)

    async def _hand_on_stream(self, call: Call, answer: Answer, charge: Charge, reply: Reply) -> None:
        """Use counts only when the stream came to its end, and said nothing more after the report."""
        options = call.body.get("stream_options")
        wants_usage = isinstance(options, dict) and options.get("include_usage") is True
        usage: Usage | None = None
        said = False
        pieces: list[str] = []
        async for data in read_events(answer.chunks()):
            if data == DONE:
                believed = usage if usage and (usage.output_tokens or not said) else None
                await self._settle(call, charge, believed, pieces)
                await reply.event(DONE)
                await reply.end()
                return
            value = parse_object(data)
            if value.get("error"):
                why = _reason(value["error"])
                raise ProviderRefusal(502, "provider_broken", f"the provider broke off: {why}")
            usage = read_usage(value.get("usage")) or (None if _says_something(value) else usage)
            said = said or _says_something(value)
            if wants_usage or value.get("choices") != []:
                pieces.append(data.decode())
                await reply.event(data)
        raise ProviderRefusal(502, "provider_cut", "the provider ended its stream before it was done")

    async def _settle(self, call: Call, charge: Charge, usage: Usage | None, pieces: list[str]) -> None:
        """Before the last bytes are sent: whoever has them finds the call settled and recorded."""
        if usage:
            charge.use(usage)
        charge.end()
        if self.library:
            recording = Recording(streamed=call.streams, pieces=tuple(pieces))
            if why := await asyncio.to_thread(self.library.keep, call, recording):
                self.metrics.count("unrecorded_total", reason=why)

    async def _reserve(self, call: Call, route: Route) -> tuple[Body, Reservation | None]:
        price, model = route.price, route.model
        limiting = self.accounts.limiting(route.name)
        if price is None and limiting:
            message = (
                f"model {route.name} ({model.id}) has no known price, and budget {limiting[0].name} holds for"
                " it: give its price per million tokens, or a price of 0 if it costs nothing"
            )
            raise Refusal(402, "price_unknown", message)
        if price is None or price.free:
            return bounds.limited(call, model, model.output_tokens), None
        body = bounds.limited(call, model, model.output_tokens or bounds.OUTPUT_TOKENS)
        most = await asyncio.to_thread(bounds.bound, call, body, model)
        if price.input_tokens_max and most.input_tokens > price.input_tokens_max:
            message = (
                f"the request may take {most.input_tokens} tokens, and the price of model {route.name} is"
                f" known up to {price.input_tokens_max}: send less, or give a price for long calls"
            )
            raise Refusal(400, "cost_unknown", message)
        return body, await self.accounts.reserve(
            route.name, price.bound(most.input_tokens, most.output_tokens)
        )


def _says_something(value: dict[str, Any]) -> bool:
    """Whether an answer, or an event of one, holds words or calls of tools: these took tokens."""
    choices = value.get("choices")
    told = [
        one.get("message") or one.get("delta")
        for one in (choices if isinstance(choices, list) else [])
        if isinstance(one, dict)
    ]
    return any(one.get(name) for one in told if isinstance(one, dict) for name in _SAYING)


def _reason(error: object) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return " ".join(message.split()) if isinstance(message, str) else "no reason that can be read"


async def _replay(recording: Recording, reply: Reply) -> None:
    if not recording.streamed:
        await reply.whole(recording.pieces[0].encode("utf-8", "surrogatepass"))
        return
    for piece in recording.pieces:
        await reply.event(piece.encode("utf-8", "surrogatepass"))
    await reply.event(DONE)
    await reply.end()
