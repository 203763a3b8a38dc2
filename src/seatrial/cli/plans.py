"""A plan for people: one line a part, grouped, with what matters of each; at most 80 columns wide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from seatrial import parts
from seatrial.cli import wordings
from seatrial.plan import Plan
from seatrial.values.durations import format_duration
from seatrial.values.quantities import format_bytes, format_percentage, format_rate
from seatrial.values.references import ListenOn, Template

COLUMNS = 80
_NAME_MAX = 26
_GROUPS: dict[str, tuple[type[parts.Part], ...]] = {
    "runs": (parts.Workload,),
    "jobs": (parts.Job,),
    "users reach": (parts.Exposure,),
    "reaches outside": (parts.External,),
    "keeps": (parts.Volume, parts.Bucket, parts.Topic),
    "copies": (parts.Backup,),
    "models": (parts.Model,),
    "settings": (parts.Config,),
    "secrets": (parts.Secret,),
    "listens": (parts.Endpoint,),
    "may open connections": (parts.Access,),
    "kept apart": (parts.Group,),
    "promises and watches": (parts.Signal,),
    "budgets": (parts.Budget,),
    "people": (parts.Contact, parts.Severity),
    "place": (parts.Site, parts.NodePool),
    "operation": (parts.Observation, parts.Delivery),
}
"""Every class of parts stands in one of them; a test says so."""


def describe(plan: Plan) -> Iterator[str]:
    """The lines of a plan."""
    yield f"{plan.system} in {plan.environment}, {len(plan.parts)} parts ({plan.fingerprint})"
    for title, kinds in _GROUPS.items():
        found = [part for kind in kinds for part in plan.of(kind)]
        if found:
            rows = [(part.name, tell(part)) for part in found]
            yield ""
            yield title
            yield from _lines(_joined(plan) if kinds == (parts.Access,) else rows)


def _lines(rows: list[tuple[str, str]]) -> Iterator[str]:
    width = min(_NAME_MAX, max(len(name) for name, _ in rows))
    for name, text in rows:
        yield _cut(f"  {_cut(name, width):<{width}}  {text}".rstrip(), COLUMNS)


def _joined(plan: Plan) -> list[tuple[str, str]]:
    """All that one part may open connections to, in one row."""
    reached: dict[str, list[str]] = {}
    for access in plan.of(parts.Access):
        reached.setdefault(access.by, []).append(access.to.removesuffix(".main"))
    return [(by, " ".join(to)) for by, to in sorted(reached.items())]


def _cut(text: str, columns: int) -> str:
    return text if len(text) <= columns else text[: columns - 1] + "…"


def tell(part: parts.Part) -> str:
    """What matters of a part, the most important first."""
    told: Callable[[Any], Iterator[str | None]] = _TELLERS[type(part)]
    return ", ".join(one for one in told(part) if one)


def _workload(part: parts.Workload) -> Iterator[str | None]:
    yield _program(part.program)
    yield from _copies(part.scale)
    yield from _size(part.size)
    yield _list("after", part.needs)


def _job(part: parts.Job) -> Iterator[str | None]:
    yield f'at "{part.schedule}" {part.zone}' if part.schedule else part.when
    yield _program(part.program)
    yield from _size(part.size)
    yield f"within {format_duration(part.deadline_seconds)}"
    yield _list("after", part.needs)


def _program(program: parts.Program) -> str:
    match program:
        case parts.Server():
            version = program.version if program.product != "model" else ""
            read = f" with {program.read_copies} to read from" if program.read_copies else ""
            extensions = f" with {' '.join(program.extensions)}" if program.extensions else ""
            return f"{program.product} {version}".rstrip() + read + extensions
        case parts.Command():
            return _cut(" ".join(_word(word) for word in program.words), 36)


def _word(word: Template) -> str:
    """A number that is known only where it runs stands for itself."""
    return "".join("PORT" if isinstance(piece, ListenOn) else str(piece) for piece in word.pieces)


def _copies(scale: parts.Scale) -> Iterator[str | None]:
    if scale.copies_max > scale.copies_min:
        loads = [
            f"{format_percentage(share)} {word}"
            for share, word in ((scale.cpu_share, "cpu"), (scale.memory_share, "memory"))
            if share is not None
        ]
        loads += [load.topic for load in scale.topics] + (["queue"] if scale.queue else [])
        yield f"{scale.copies_min} to {scale.copies_max} copies" + (
            f" by {' and '.join(loads)}" if loads else ""
        )
    elif scale.copies_min != 1:
        yield f"{scale.copies_min} copies"


def _size(size: parts.Size) -> Iterator[str | None]:
    yield None if size.cpu_cores is None else f"{size.cpu_cores:g} cpu"
    yield None if size.memory_bytes is None else format_bytes(size.memory_bytes)
    yield f"{size.gpus} gpu" if size.gpus else None


def _exposure(part: parts.Exposure) -> Iterator[str | None]:
    yield f"https://{part.host}{part.path.rstrip('/')} → {part.endpoint}"
    yield "websockets" if part.websockets else None
    yield from (f"{format_rate(rule.rate_per_second)} below {rule.path}" for rule in part.rates)
    yield None if part.body_bytes_max is None else f"bodies to {format_bytes(part.body_bytes_max)}"


def _external(part: parts.External) -> Iterator[str | None]:
    yield part.url
    yield "optional" if part.optional else None
    yield None if part.rate_per_second is None else format_rate(part.rate_per_second)


def _volume(part: parts.Volume) -> Iterator[str | None]:
    yield f"volume of {part.of}"
    yield None if part.size_bytes is None else format_bytes(part.size_bytes)
    yield part.path
    yield "protected" if part.protected else None


def _bucket(part: parts.Bucket) -> Iterator[str | None]:
    yield "bucket"
    yield None if part.size_bytes is None else format_bytes(part.size_bytes)
    yield "with earlier versions" if part.versions else None
    yield _list("copied to", part.copies)
    yield "protected" if part.protected else None


def _topic(part: parts.Topic) -> Iterator[str | None]:
    yield f"topic of {wordings.counted(part.partitions, 'partition')}"
    yield wordings.counted(part.copies, "copy") if part.copies > 1 else None
    yield None if part.keep_seconds is None else f"for {format_duration(part.keep_seconds)}"
    yield "the last of each key" if part.compacted else None
    yield f"by {part.key}" if part.key else None


def _backup(part: parts.Backup) -> Iterator[str | None]:
    yield f"every {format_duration(part.every_seconds)}" + (f" at {part.at}" if part.at else "")
    yield "with the log of changes" if part.log == "continuous" else None
    yield f"for {format_duration(part.keep_seconds)}"
    yield _list("also in", tuple(region for region, _ in part.elsewhere))


def _model(part: parts.Model) -> Iterator[str | None]:
    yield part.purpose
    yield part.model or "the operator's"
    yield f"at {part.provider}" if part.provider else None
    yield _list("else", part.fallback)


def _config(part: parts.Config) -> Iterator[str | None]:
    yield from (f"{name}={value}" for name, value in part.values)


def _secret(part: parts.Secret) -> Iterator[str | None]:
    yield "from the operator" if part.source == "operator" else "generated"
    yield f"new after {format_duration(part.rotate_seconds)}" if part.rotate_seconds else None
    yield "shown once" if part.shown else None


def _endpoint(part: parts.Endpoint) -> Iterator[str | None]:
    yield f"port {part.port}"
    yield None if part.protocol == "tcp" else part.protocol


def _access(part: parts.Access) -> Iterator[str | None]:
    yield part.to


def _group(part: parts.Group) -> Iterator[str | None]:
    yield " ".join(part.members) or "nobody"
    yield _list("may reach", part.reaches)


def _signal(part: parts.Signal) -> Iterator[str | None]:
    bar = "" if part.comparison == "shown" else f" {part.comparison} {_amount(part.bar, part.unit)}"
    yield f"{part.measure}{bar}" + (f" of {part.of}" if part.of else "")
    yield part.route
    yield f"after a loss of {part.loss}" if part.loss else None
    yield f"at {format_rate(part.rate_per_second)}" if part.rate_per_second else None
    yield f"over {format_duration(part.window_seconds)}" if part.window_seconds else None
    yield part.severity if part.purpose == "watch" else None


def _amount(bar: float, unit: str) -> str:
    match unit:
        case "seconds":
            return format_duration(bar) if bar else "0s"
        case "share":
            return format_percentage(bar)
        case "number":
            return f"{bar:g}"
        case _:
            return f"{bar:g} {unit}"


def _budget(part: parts.Budget) -> Iterator[str | None]:
    yield f"{part.limit} a {part.per}"
    yield _list("of", part.of) or "of all that runs"
    yield from (f"{action.do} {' '.join(action.who)} at {action.at:.0%}" for action in part.actions)


def _contact(part: parts.Contact) -> Iterator[str | None]:
    yield from (f"{way} {address}" for way, address in part.ways)


def _severity(part: parts.Severity) -> Iterator[str | None]:
    yield f"answered within {format_duration(part.answer_seconds)}"
    yield "in business hours" if part.hours == "business" else None
    yield _list("tells", part.contacts)
    yield _list("then", part.escalate_to)


def _site(part: parts.Site) -> Iterator[str | None]:
    yield part.domain
    yield f"in {part.region}" if part.region else None
    yield f"{part.zones} zones" if part.zones else None
    yield f"{part.second_region} when that is lost" if part.second_region else None
    yield f"of {part.owner}" if part.owner else None
    yield _list("labels", tuple(f"{name}={value}" for name, value in part.labels))


def _pool(part: parts.NodePool) -> Iterator[str | None]:
    yield f"{part.nodes_min} to {part.nodes_max} machines"
    yield None if part.cpu_cores is None else f"{part.cpu_cores:g} cpu"
    yield None if part.memory_bytes is None else format_bytes(part.memory_bytes)
    yield part.gpu
    yield "spot" if part.spot else None


def _observation(part: parts.Observation) -> Iterator[str | None]:
    yield f"metrics every {format_duration(part.scrape_seconds)}"
    yield f"{format_percentage(part.traced_share)} of requests traced"
    yield f"kept for {format_duration(part.keep_seconds)}"


def _delivery(part: parts.Delivery) -> Iterator[str | None]:
    yield f"from the branch {part.branch}" if part.branch else None
    yield "somebody agrees before" if part.approved else None
    yield f"well within {format_duration(part.wait_seconds)}, else taken back"


def _list(word: str, names: tuple[str, ...]) -> str | None:
    return f"{word} {' '.join(names)}" if names else None


_TELLERS: dict[type[parts.Part], Callable[[Any], Iterator[str | None]]] = {
    parts.Workload: _workload,
    parts.Job: _job,
    parts.Endpoint: _endpoint,
    parts.Exposure: _exposure,
    parts.External: _external,
    parts.Volume: _volume,
    parts.Bucket: _bucket,
    parts.Topic: _topic,
    parts.Model: _model,
    parts.Config: _config,
    parts.Secret: _secret,
    parts.Access: _access,
    parts.Group: _group,
    parts.Backup: _backup,
    parts.Budget: _budget,
    parts.Signal: _signal,
    parts.Contact: _contact,
    parts.Severity: _severity,
    parts.Site: _site,
    parts.NodePool: _pool,
    parts.Observation: _observation,
    parts.Delivery: _delivery,
}
