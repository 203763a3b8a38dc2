"""What of a plan the laptop does, and what it does not: every sort of part is in one of the two, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from seatrial import errors, parts
from seatrial.drivers.laptop import differences, dotenvs
from seatrial.drivers.laptop.engines import ENGINES, Engine
from seatrial.plan import Plan
from seatrial.values import quantities, references

HANDLED: frozenset[type] = frozenset(
    {
        parts.Workload,
        parts.Job,
        parts.Endpoint,
        parts.Exposure,
        parts.External,
        parts.Volume,
        parts.Bucket,
        parts.Topic,
        parts.Model,
        parts.Budget,
        parts.Config,
        parts.Secret,
        parts.Observation,
        parts.Site,
    }
)
REFUSED: Mapping[type, str] = {
    parts.Access: "accesses are not enforced: any program here can connect to any other",
    parts.Group: "groups ({names}) are not kept apart",
    parts.Backup: "backups of {names} are not taken",
    parts.Signal: "promises and watches ({names}) are not measured",
    parts.Contact: "nobody is told: {names}",
    parts.NodePool: "there is one machine, and no pools: {names}",
    parts.Severity: "how soon somebody answers is not watched",
    parts.Delivery: "nothing is delivered from here",
}


def limits(plan: Plan) -> tuple[str, ...]:
    """Sentences on what the plan says and the laptop does not do; nothing is dropped without one."""
    said = (
        _refused,
        _models,
        _budgets,
        _copies,
        _sizes,
        _exposures,
        _engines,
        _pythons,
        _untold_ports,
        differences.differences,
        _dotenv,
    )
    return tuple(sentence for limits_of in said for sentence in limits_of(plan))


def _refused(plan: Plan) -> Iterator[str]:
    for kind, sentence in REFUSED.items():
        found = [part for part in plan.parts if type(part) is kind]
        if found:
            named = (part.of if isinstance(part, parts.Backup) else part.name for part in found)
            yield sentence.format(names=", ".join(dict.fromkeys(named)))


def _models(plan: Plan) -> Iterator[str]:
    asked = [model.name for model in plan.of(parts.Model) if not model.provider]
    if asked:
        yield f"{', '.join(asked)}: no model answers here by default; OPENAI_BASE_URL names who does"


def _budgets(plan: Plan) -> Iterator[str]:
    """The gateway of the models keeps theirs, and stops models; the rest it can only tell."""
    budgets = plan.of(parts.Budget)
    unkept = [budget.name for budget in budgets if not budget.of]
    if unkept:
        yield f"budgets of the infrastructure ({', '.join(unkept)}) are not kept: here it costs nothing"
    models = {model.name for model in plan.of(parts.Model)}
    told = [
        budget.name
        for budget in budgets
        if budget.of and any(one.do != "stop" or set(one.who) - models for one in budget.actions)
    ]
    if told:
        yield f"nobody is told and nothing scaled by {', '.join(told)}: the gateway's log and answers say it"


def _copies(plan: Plan) -> Iterator[str]:
    for workload in plan.of(parts.Workload):
        scale = workload.scale
        if scale.copies_max > 1:
            wanted = str(scale.copies_min)
            wanted += f" to {scale.copies_max}" if scale.copies_max > scale.copies_min else ""
            yield f"{workload.name} runs once here, not {wanted} times"


def _sizes(plan: Plan) -> Iterator[str]:
    engines = {part.name: engine for part in _running(plan) if (engine := _engine(part))}
    limited = {name for name, engine in engines.items() if engine.LIMITS_MEMORY}
    sized = [part.name for part in _running(plan) if part.size != parts.Size() and part.name not in limited]
    if sized:
        yield f"cores and memory of {', '.join(sized)} are not limited here"
    kept = {name for name, engine in engines.items() if engine.LIMITS_DISK}
    volumes = [volume.name for volume in plan.of(parts.Volume) if volume.size_bytes and volume.of not in kept]
    if volumes:
        yield f"the size of {', '.join(volumes)} is not limited here"


def _exposures(plan: Plan) -> Iterator[str]:
    for exposure in plan.of(parts.Exposure):
        unkept = ["no TLS", f"no host name {exposure.host}"]
        for rate in exposure.rates:
            below = "" if rate.path == "/" else f" below {rate.path}"
            unkept.append(f"no limit of {quantities.format_rate(rate.rate_per_second)}{below}")
        if exposure.body_bytes_max is not None:
            unkept.append(f"no body limit of {quantities.format_bytes(exposure.body_bytes_max)}")
        yield f"{exposure.name} is reached at its own port: {', '.join(unkept)}"


def _engines(plan: Plan) -> Iterator[str]:
    for workload in plan.of(parts.Workload):
        engine = _engine(workload)
        if engine is None or not isinstance(workload.program, parts.Server):
            continue
        server = workload.program
        here = _version(engine)
        if engine.SCHEME:
            instead = f"{engine.PRODUCT} {here}" if here else engine.PRODUCT
            yield f"{workload.name} is {server.product} {server.version} on the page, and {instead} here"
        elif here and server.version and here.partition(".")[0] != server.version.partition(".")[0]:
            yield (
                f"{workload.name} is {server.product} {server.version} on the page, and version {here} here"
            )
        yield from engine.lacks(plan, workload)


def _pythons(plan: Plan) -> Iterator[str]:
    """A build that names a Python runs in the `.venv` beside it, whatever that was made with."""
    builds = {
        (part.program.build.context, part.program.build.python)
        for part in _running(plan)
        if isinstance(part.program, parts.Command) and part.program.build.python
    }
    for context, asked in sorted(builds):
        here = _python_version(plan.directory / context / ".venv" / "pyvenv.cfg")
        if here is None:
            yield f"the build in {context} has no .venv: its programs are looked for on the path"
        elif not f"{here}.".startswith(f"{asked}."):
            yield f"the build in {context} is Python {asked} on the page, and {here} in its .venv"


def _untold_ports(plan: Plan) -> Iterator[str]:
    """A port may have another number here than on the page; a program that is not told listens elsewhere."""
    programs = {one.name: one for one in plan.of(parts.Workload) if isinstance(one.program, parts.Command)}
    for endpoint in plan.of(parts.Endpoint):
        part = programs.get(endpoint.of)
        if part is not None and endpoint.name not in _told(part):
            port = endpoint.name.partition(".")[2]
            yield (
                f"{part.name} is not told its port {port}, whose number may be another here than"
                f" {endpoint.port}: write ${{port.{port}}} in its command or env"
            )


def _told(part: parts.Workload) -> frozenset[str]:
    """The endpoints that stand in its command or its settings."""
    words = part.program.words if isinstance(part.program, parts.Command) else ()
    templates = (*words, *(template for _, template in part.env))
    named = (reference for template in templates for reference in template.references())
    return frozenset(
        one.endpoint for one in named if isinstance(one, references.ListenOn | references.PortOf)
    )


def _dotenv(plan: Plan) -> Iterator[str]:
    """Not of the page, but nobody else would say it. Raises PageError for a wrong file."""
    if sentence := dotenvs.exposing(plan):
        yield sentence


def _python_version(file: Path) -> str | None:
    """`version_info` is what uv and virtualenv write, `version` what Python's own venv writes."""
    try:
        pairs = [line.partition("=") for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        return None
    found = {name.strip(): value.strip() for name, _, value in pairs}
    return found.get("version_info") or found.get("version")


def _running(plan: Plan) -> tuple[parts.Workload | parts.Job, ...]:
    return (*plan.of(parts.Workload), *plan.of(parts.Job))


def _version(engine: type[Engine]) -> str | None:
    """None where the engine is not installed: `up` says so, a look at the page need not."""
    try:
        return engine.version()
    except errors.MissingError:
        return None


def _engine(part: parts.Workload | parts.Job) -> type[Engine] | None:
    """None for a program of the application, and for a product that the laptop has no engine for."""
    return ENGINES.get(part.program.product) if isinstance(part.program, parts.Server) else None
