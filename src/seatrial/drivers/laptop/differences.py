"""Every field of every part that the laptop takes: what it does with it, or the sentence that it does not.

Nothing of a page is dropped in silence. A test walks the classes of the parts and demands each field here
once: under `HEEDED` where the driver acts on it, under `NEUTRAL` where one machine needs nothing done, under
`ELSEWHERE` where it is told elsewhere, or at a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from seatrial import parts
from seatrial.plan import Plan
from seatrial.values import durations, quantities

HEEDED: Mapping[type, frozenset[str]] = {
    parts.Workload: frozenset({"name", "program", "env", "configs", "needs", "probes", "metrics", "volumes"}),
    parts.Job: frozenset(
        {"name", "program", "when", "schedule", "zone", "overlap", "env", "configs", "needs", "volumes"}
        | {"deadline_seconds"}
    ),
    parts.Command: frozenset({"words", "build"}),
    parts.Build: frozenset({"context", "python"}),
    parts.Server: frozenset(
        {"product", "version", "settings", "extensions", "account", "password", "accounts"}
    ),
    parts.Account: frozenset({"name", "rights", "password"}),
    parts.Probes: frozenset({"live", "ready", "interval_seconds", "timeout_seconds", "deadline_seconds"}),
    parts.Probe: frozenset({"endpoint", "path", "timeout_seconds"}),
    parts.CommandProbe: frozenset({"words", "timeout_seconds"}),
    parts.Scrape: frozenset({"endpoint", "path", "interval_seconds"}),
    parts.Endpoint: frozenset({"name", "of", "port"}),
    parts.Exposure: frozenset({"name", "endpoint"}),
    parts.External: frozenset({"name", "url", "host", "port"}),
    parts.Volume: frozenset({"name", "of"}),
    parts.Bucket: frozenset({"name"}),
    parts.Topic: frozenset(
        {"name", "of", "topic", "partitions", "keep_seconds", "keep_bytes", "key", "message_bytes_max"}
    ),
    parts.Model: frozenset(
        {"name", "of", "purpose", "provider", "model", "key", "price", "fallback", "output_tokens_max"}
    ),
    parts.Price: frozenset({"currency", "input", "output"}),
    parts.Config: frozenset({"name", "values"}),
    parts.Secret: frozenset({"name", "source", "size_bytes", "prefix", "shown", "rotate_seconds"}),
    parts.Budget: frozenset({"name", "of", "limit", "per", "actions"}),
    parts.BudgetAction: frozenset({"at", "do", "who", "by", "severity"}),
    parts.Observation: frozenset({"scrape_seconds", "keep_seconds", "traced_share"}),
}
NEUTRAL: Mapping[tuple[type, str], str] = {
    (parts.Endpoint, "protocol"): "on loopback every protocol passes",
    (parts.Exposure, "websockets"): "they pass",
    (parts.External, "optional"): "nothing here is closed to a program",
    (parts.Model, "dimensions"): "a fact about the model, which changes nothing",
    (parts.Observation, "name"): "there is one",
    (parts.Site, "name"): "the system's, which the plan has as well",
    (parts.Site, "domain"): "stands in the texts that refer to it",
    (parts.Site, "region"): "stands in the texts that refer to it",
    (parts.Site, "summary"): "words for people",
    (parts.Site, "owner"): "words for people",
}
ELSEWHERE: frozenset[tuple[type, str]] = frozenset(
    {
        (parts.Workload, "scale"),
        (parts.Scale, "copies_min"),
        (parts.Scale, "copies_max"),
        (parts.Size, "cpu_cores"),
        (parts.Size, "cpu_cores_max"),
        (parts.Size, "memory_bytes"),
        (parts.Size, "memory_bytes_max"),
        (parts.Workload, "size"),
        (parts.Job, "size"),
        (parts.Volume, "size_bytes"),
        (parts.Exposure, "host"),
        (parts.Exposure, "rates"),
        (parts.Exposure, "body_bytes_max"),
        (parts.Exposure, "tls_min"),
        (parts.Topic, "compression"),
        (parts.Topic, "compacted"),
        (parts.Server, "encrypted"),
        (parts.Server, "read_copies"),
    }
)
"""Said by `coverage`, or by the engine itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Fields that the laptop does not act on: who has them in a plan, and what to say."""

    fields: frozenset[tuple[type, str]]
    names: Callable[[Plan], Iterator[str]]
    sentence: str


def _of(kind: type, *names: str) -> frozenset[tuple[type, str]]:
    return frozenset((kind, name) for name in names)


def _edges(plan: Plan) -> Iterator[str]:
    for one in plan.of(parts.Exposure):
        asked = {
            "path": one.path != "/" and f"path {one.path}",
            "timeout": one.timeout_seconds and f"timeout of {durations.format_duration(one.timeout_seconds)}",
            "caches": one.caches and "cache headers",
            "headers": one.headers and "further headers",
            "origins": one.origins and "other origins",
            "firewall": one.firewall and "firewall",
            "network": one.delivery_network and "delivery network",
        }
        if found := [f"no {text}" for text in asked.values() if text]:
            yield f"{one.name} ({', '.join(found)})"


def _spread(plan: Plan) -> Iterator[str]:
    for site in plan.of(parts.Site):
        yield from ("labels",) if site.labels else ()
        yield from ("zones",) if (site.zones or 1) > 1 else ()
        yield from ("a second region",) if site.second_region else ()


def _probed(plan: Plan) -> Iterator[str]:
    for workload in plan.of(parts.Workload):
        for probe in (workload.probes.live, workload.probes.ready):
            if probe and (probe.interval_seconds or probe.after_seconds or probe.failures_max != _FAILURES):
                yield workload.name


def _running(plan: Plan) -> tuple[parts.Workload | parts.Job, ...]:
    return (*plan.of(parts.Workload), *plan.of(parts.Job))


def _built(plan: Plan, said: Callable[[parts.Build], str | None]) -> Iterator[str]:
    programs = [(part.name, part.program) for part in _running(plan)]
    for name, program in programs:
        if isinstance(program, parts.Command) and (text := said(program.build)):
            yield f"{name} ({text})"


def _kept(plan: Plan) -> Iterator[str]:
    yield from (one.name for one in plan.of(parts.Volume) if one.protected)
    yield from (one.name for one in plan.of(parts.Bucket) if one.protected)


_FAILURES = 3
_ASKING = ("interval_seconds", "after_seconds", "failures_max")
_STOP_SECONDS = parts.Workload.__dataclass_fields__["stop_seconds"].default
_EXTERNAL_SECONDS = parts.External.__dataclass_fields__["timeout_seconds"].default

RULES: tuple[Rule, ...] = (
    Rule(
        fields=_of(parts.Site, "labels", "second_region", "zones"),
        names=_spread,
        sentence="there is one machine: {names} mean nothing here",
    ),
    Rule(
        fields=_of(
            parts.Exposure,
            "path",
            "timeout_seconds",
            "caches",
            "headers",
            "origins",
            "firewall",
            "delivery_network",
        ),
        names=_edges,
        sentence="no edge stands before {names}",
    ),
    Rule(
        fields=_of(parts.Workload, "stop_seconds"),
        names=lambda plan: (one.name for one in plan.of(parts.Workload) if one.stop_seconds != _STOP_SECONDS),
        sentence="who is stopped has 10s for what is in flight, whatever is said for {names}",
    ),
    Rule(
        fields=_of(parts.Workload, "place") | _of(parts.Job, "place"),
        names=lambda plan: (one.name for one in _running(plan) if one.place != parts.Place()),
        sentence="there is one machine: zones, pools, labels and spot of {names} mean nothing here",
    ),
    Rule(
        fields=_of(parts.Job, "retries"),
        names=lambda plan: (one.name for one in plan.of(parts.Job) if one.retries and one.when != "schedule"),
        sentence="{names}: not run again here when it fails, though the page has retries",
    ),
    Rule(
        fields=_of(parts.Size, "gpus", "gpu"),
        names=lambda plan: (one.name for one in _running(plan) if one.size.gpus),
        sentence="no graphics processor is set aside for {names}: they take what they find",
    ),
    Rule(
        fields=_of(parts.Size, "disk_bytes", "sized_by_itself"),
        names=lambda plan: (
            one.name for one in _running(plan) if one.size.disk_bytes or one.size.sized_by_itself
        ),
        sentence="disk of {names} is not limited, and no size follows from use",
    ),
    Rule(
        fields=_of(parts.Scale, "cpu_share", "memory_share", "topics", "queue", "up", "down"),
        names=lambda plan: (
            one.name
            for one in plan.of(parts.Workload)
            if (one.scale.cpu_share or one.scale.memory_share or one.scale.topics or one.scale.queue)
        ),
        sentence="load, queues and topics bring no copies here: {names}",
    ),
    Rule(
        fields=_of(parts.Build, "dockerfile"),
        names=lambda plan: _built(
            plan, lambda build: build.dockerfile and f"{build.context}/{build.dockerfile}"
        ),
        sentence="no image is built, commands run as they are: {names}",
    ),
    Rule(
        fields=_of(parts.Build, "image"),
        names=lambda plan: _built(plan, lambda build: build.image),
        sentence="no image is run, the command is looked for on the path: {names}",
    ),
    Rule(
        fields=_of(parts.Build, "node"),
        names=lambda plan: _built(plan, lambda build: build.node and f"Node {build.node}"),
        sentence="Node is what is found on the path: {names}",
    ),
    Rule(
        fields=_of(parts.Probe, *_ASKING) | _of(parts.CommandProbe, *_ASKING),
        names=_probed,
        sentence=(
            "probes of {names} are asked at the interval of their part and from the start on,"
            " and three failures count"
        ),
    ),
    Rule(
        fields=_of(parts.External, "rate_per_second"),
        names=lambda plan: (
            f"{one.name} ({quantities.format_rate(one.rate_per_second)})"
            for one in plan.of(parts.External)
            if one.rate_per_second
        ),
        sentence="nothing holds programs to what the owners of these allow: {names}",
    ),
    Rule(
        fields=_of(parts.External, "timeout_seconds"),
        names=lambda plan: (
            one.name for one in plan.of(parts.External) if one.timeout_seconds != _EXTERNAL_SECONDS
        ),
        sentence="how long an answer may take is left to the programs that call {names}",
    ),
    Rule(
        fields=_of(parts.Volume, "path"),
        names=lambda plan: (f"{one.name} (not {one.path})" for one in plan.of(parts.Volume) if one.path),
        sentence="volumes lie below .seatrial, where their variable says: {names}",
    ),
    Rule(
        fields=_of(parts.Volume, "protected") | _of(parts.Bucket, "protected"),
        names=_kept,
        sentence="nothing keeps {names} from being deleted with .seatrial",
    ),
    Rule(
        fields=_of(parts.Bucket, "versions", "size_bytes", "expiries", "copies"),
        names=lambda plan: (one.name for one in plan.of(parts.Bucket)),
        sentence="a bucket is a folder, of one version, with no end to its size, age or reach: {names}",
    ),
    Rule(
        fields=_of(parts.Topic, "copies"),
        names=lambda plan: (one.name for one in plan.of(parts.Topic) if one.copies > 1),
        sentence="one copy is kept of each topic: {names}",
    ),
    Rule(
        fields=_of(parts.Server, "edition"),
        names=lambda plan: (
            f"{one.name} ({one.program.edition})"
            for one in plan.of(parts.Workload)
            if isinstance(one.program, parts.Server) and one.program.edition
        ),
        sentence="editions of another product are none here: {names}",
    ),
    Rule(
        fields=_of(parts.Secret, "refresh_seconds"),
        names=lambda plan: (one.name for one in plan.of(parts.Secret) if one.refresh_seconds),
        sentence="a changed text is taken at the next start: {names}",
    ),
)


def differences(plan: Plan) -> Iterator[str]:
    """A sentence for each rule that something in the plan falls under."""
    for rule in RULES:
        if names := ", ".join(dict.fromkeys(rule.names(plan))):
            yield rule.sentence.format(names=names)
