"""A model for text or embeddings, behind the gateway that keeps its budgets; none answers here by default."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seatrial import parts
from seatrial.kinds import external, lowering
from seatrial.values import fields
from seatrial.values.references import HostOf, PortOf, SecretOf, Template

GATEWAY = "models"
"""Name of the workload that stands between the services and all models."""
KEY = "models-key"
PORT = 8080


class Price(fields.Spec):
    """`{input: 0.25 USD, output: 2 USD}`: for a million tokens; zero for a model of one's own."""

    input: fields.Money
    """For a million tokens that are sent."""
    output: fields.Money | None = None
    """For a million tokens of the answer; nothing where it is left out."""

    @model_validator(mode="after")
    def has_one_currency(self) -> Self:
        """Amounts are never converted."""
        if self.output is not None and self.output.currency != self.input.currency:
            raise ValueError("input and output are in two currencies")
        return self

    def lower(self) -> parts.Price:
        output = self.output.amount if self.output else Decimal(0)
        return parts.Price(currency=self.input.currency, input=self.input.amount, output=output)


class Spec(fields.Spec):
    """`{purpose: text, model: large-1}`: a model; what is left out the operator says (`OPENAI_BASE_URL`)."""

    purpose: Literal["text", "embeddings"] = "text"
    """It writes text, or turns text into vectors."""
    provider: fields.HttpUrl | None = None
    """Base URL of an endpoint that speaks OpenAI's protocol; else `OPENAI_BASE_URL` says it."""
    model: fields.Text | None = None
    """What the provider calls it."""
    key: fields.Name | None = None
    """A secret of the page that the provider wants."""
    price: Price | None = None
    """Without one, the table of known prices is asked."""
    fallback: list[fields.Name] = []
    """Models of the page that are asked next when it fails, has no provider, or its budget is used up."""
    dimensions: Annotated[int, Field(ge=1, le=8192)] | None = None
    """Length of the vectors of an embedding model."""
    output: Annotated[int, Field(ge=1, le=1_000_000)] = 4096
    """The most tokens of an answer to which the caller sets no bound."""


def address(name: str, _spec: Spec, use: lowering.Use) -> lowering.Variables:
    """`WRITER_URL`, `WRITER_KEY`, `WRITER_MODEL`: the gateway's address, its key, and the name to ask for."""
    endpoint = lowering.endpoint_name(GATEWAY, "main")
    pieces = {
        "url": Template(("http://", HostOf(endpoint=endpoint), ":", PortOf(endpoint=endpoint), "/v1")),
        "key": Template((SecretOf(name=KEY),)),
        "model": Template((name,)),
    }
    return lowering.address_variables(use.alias, pieces)


def lower(models: dict[str, Spec]) -> tuple[parts.Part, ...]:
    """One gateway with its endpoint, ledger and key, and a model each; nothing where there is no model."""
    if not models:
        return ()
    endpoint = lowering.endpoint_name(GATEWAY, "main")
    gateway = parts.Workload(
        name=GATEWAY,
        program=parts.Server(product="model", version="1", password=KEY),
        volumes=(GATEWAY,),
        probes=parts.Probes(
            live=parts.Probe(endpoint=endpoint, path="/health"),
            ready=parts.Probe(endpoint=endpoint, path="/ready"),
        ),
        metrics=parts.Scrape(endpoint=endpoint, path="/metrics"),
    )
    offered = (
        parts.Model(
            name=name,
            of=GATEWAY,
            purpose=spec.purpose,
            provider=spec.provider,
            model=spec.model,
            key=spec.key,
            price=spec.price.lower() if spec.price else None,
            fallback=tuple(spec.fallback),
            dimensions=spec.dimensions,
            output_tokens_max=spec.output,
        )
        for name, spec in models.items()
    )
    return (
        gateway,
        *_providers(models),
        parts.Endpoint(name=endpoint, of=GATEWAY, port=PORT, protocol="http"),
        parts.Volume(name=GATEWAY, of=GATEWAY, size_bytes=2**30),
        parts.Secret(name=KEY, source="generated"),
        *offered,
    )


def provider_name(name: str) -> str:
    """The external that the gateway reaches for a model."""
    return f"{name}-provider"


def _providers(models: dict[str, Spec]) -> tuple[parts.Part, ...]:
    """The outside addresses of the gateway, one for each that the page names."""
    lowered: list[parts.Part] = []
    for name, spec in models.items():
        if spec.provider is None:
            continue
        outside = provider_name(name)
        lowered += external.lower(outside, external.Spec(url=spec.provider, optional=True))
        lowered.append(parts.Access(name=f"{GATEWAY}→{outside}", by=GATEWAY, to=outside))
    return tuple(lowered)
