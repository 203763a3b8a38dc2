"""What users reach, under which host, and what the edge before it must keep."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from seatrial import parts
from seatrial.values import fields

STRICT_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'self'; frame-ancestors 'none'; base-uri 'self'; object-src 'none'",
    ),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
"""What the OWASP Secure Headers Project asks of every answer."""

_Host = Annotated[
    str,
    *fields.matching(
        "host",
        r"^([A-Za-z0-9.-]|\$\{[^{}$\s]{1,100}\}){1,253}$",
        "a host such as api.example.com or api.${env.domain}",
    ),
]
_HeaderName = Annotated[
    str, *fields.matching("header", r"^[A-Za-z][A-Za-z0-9-]{0,63}$", "a header such as X-Frame-Options")
]
_HeaderValue = Annotated[
    str, *fields.matching("header value", r"^[ -~]{1,1000}$", "printable characters on one line")
]
_Origin = Annotated[
    str,
    *fields.matching(
        "origin", r"^(\*|https?://[A-Za-z0-9.$\{\}:-]{1,253})$", "an origin such as https://example.com"
    ),
]


class Cache(fields.Spec):
    """`{for: 365d, immutable: true}`: how long an answer may be kept."""

    for_: fields.Duration = Field(alias="for")
    """How long an answer may be kept."""
    shared: bool = True
    """Also by caches between; false keeps it to the browser, as answers for one user must be."""
    immutable: bool = False
    """It never changes, so that browsers do not ask again even on reload."""


class RateLimit(fields.Spec):
    """`{rate: 5/s, burst: 20}`: how many requests below a path one caller may make."""

    rate: fields.Rate
    """How many requests one caller may make."""
    burst: Annotated[int, Field(ge=0, le=100_000)] | None = None
    """How many may come at once; where nothing is said, as many as come in a second."""
    by: Literal["address", "key"] = "address"
    """Callers are told apart by their address, or by the key that they send."""

    def lower(self, path: str) -> parts.RateRule:
        return _rate_rule(path, self.rate, self.burst, self.by)


def _rate_rule(path: str, rate: float, burst: int | None, by: Literal["address", "key"]) -> parts.RateRule:
    """Where no burst is said, as many as come in a second."""
    return parts.RateRule(
        path=path, rate_per_second=rate, burst=max(1, round(rate)) if burst is None else burst, by=by
    )


class Expose(fields.Spec):
    """`{host: "www.${env.domain}", rate: 10/s, body: 10Mi}`: a host for users, and the limits at the edge."""

    host: _Host
    """Name under which users reach it; `${env.domain}` stands for the domain of an environment."""
    port: fields.Name | None = None
    """Name of one of the service's `ports`; where nothing is said, `http`, else the lowest number."""
    path: fields.UrlPath = "/"
    """Path below which requests go to this service."""
    rate: fields.Rate | None = None
    """How many requests one address may make, whatever the path."""
    rates: dict[fields.UrlPath, RateLimit] = {}
    """By path; the longest that fits counts, beside `rate` for all."""
    body: fields.Bytes | None = None
    """The largest body of a request; the edge refuses larger ones."""
    timeout: fields.Duration | None = None
    """How long the edge waits for an answer."""
    cache: dict[fields.UrlPath, Cache] = {}
    """By path; nothing is said of others."""
    security: Literal["strict", "none"] = "none"
    """`strict` adds HSTS, a content security policy, nosniff, frame, referrer and permission rules."""
    headers: dict[_HeaderName, _HeaderValue] = {}
    """Added to every answer; they win over those of `security`."""
    origins: list[_Origin] = []
    """Other sites whose pages may call it (CORS)."""
    websockets: bool = False
    """Connections stay open and are upgraded."""
    tls: Literal["1.2", "1.3"] = "1.2"
    """The lowest version of TLS that is spoken."""
    firewall: bool = False
    """A web application firewall stands before it."""
    delivery_network: bool = False
    """A content delivery network stands before it."""

    def lower(self, name: str, endpoint: str) -> parts.Exposure:
        strict = dict(STRICT_HEADERS) if self.security == "strict" else {}
        return parts.Exposure(
            name=name,
            endpoint=endpoint,
            host=self.host,
            path=self.path,
            rates=self._rates(),
            body_bytes_max=self.body,
            timeout_seconds=self.timeout,
            caches=tuple(
                parts.CacheRule(path=path, seconds=rule.for_, shared=rule.shared, immutable=rule.immutable)
                for path, rule in sorted(self.cache.items())
            ),
            headers=tuple(sorted((_merged(strict, self.headers)).items())),
            origins=tuple(self.origins),
            websockets=self.websockets,
            tls_min=self.tls,
            firewall=self.firewall,
            delivery_network=self.delivery_network,
        )

    def _rates(self) -> tuple[parts.RateRule, ...]:
        limits = [limit.lower(path) for path, limit in self.rates.items()]
        if self.rate is not None and "/" not in self.rates:
            limits.append(_rate_rule("/", self.rate, None, "address"))
        return tuple(sorted(limits, key=lambda rule: rule.path))


def _merged(under: dict[str, str], over: dict[str, str]) -> dict[str, str]:
    """Names of headers are the same in any case."""
    said = {name.lower() for name in over}
    return {name: value for name, value in under.items() if name.lower() not in said} | over


def _sort(raw: Any) -> str:  # noqa: ANN401  # whatever stands in the page
    several = (
        isinstance(raw, dict) and "host" not in raw and any(isinstance(one, dict) for one in raw.values())
    )
    return "several exposures" if several else "one exposure"


Exposures = Annotated[
    Annotated[Expose, Tag("one exposure")]
    | Annotated[dict[fields.Name, Expose], Tag("several exposures"), Field(min_length=1)],
    Discriminator(_sort),
]


def by_name(service: str, expose: Expose | dict[str, Expose] | None) -> dict[str, Expose]:
    """The exposures of a service; one alone has the service's name."""
    if expose is None:
        return {}
    return {service: expose} if isinstance(expose, Expose) else expose
