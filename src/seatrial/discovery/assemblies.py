"""From findings to a draft: names are given, addresses are wired, and what cannot be said becomes a doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from seatrial import kinds
from seatrial.discovery import commands, connections, dotenvs, drafts, folders, servers
from seatrial.discovery.drafts import Draft, Given, Program
from seatrial.discovery.findings import Process, Setting, Store, Variable
from seatrial.discovery.surveys import Survey

KINDS = frozenset(module.KIND for module in kinds.STORES)
_INCOMPLETE: Mapping[str, str] = {
    "kafka": "whose topics could not be known; say them under stores, and who uses it",
}
"""Kinds that a page knows, and that nobody can guess."""
_ROUNDS_MAX = 10


def assemble(survey: Survey, name: str) -> Draft:
    """The draft of a page; without programs where nothing was found that runs."""
    renamed: set[str] = set()
    for _ in range(_ROUNDS_MAX):
        draft, clashing = _assembled(survey, name, frozenset(renamed))
        if not clashing:
            break
        renamed |= clashing
    connections.drop_what_uses_gives(draft)
    return draft


def _assembled(survey: Survey, name: str, renamed: frozenset[str]) -> tuple[Draft, set[str]]:
    """A draft in which some names stand back, and the original names of what clashes nevertheless."""
    draft = Draft(name=drafts.slug(name, "application"))
    found = survey.findings
    for sentence in found.doubts:
        draft.doubt(sentence)
    for step in found.steps:
        draft.steps[step] = None
    originals: dict[str, str] = {}
    processes = [one for one in found.processes if _can_run(one, draft)]
    taken: dict[str, str] = {}
    for index, process in enumerate(processes):
        wanted = drafts.slug(process.name, "app")
        if f"process {index}" in renamed:
            wanted = drafts.slug(f"{wanted[:32]}-service", "app")
        hint = process.folder.rpartition("/")[2]
        page_name = drafts.free_name(wanted, taken, hint)
        taken[page_name] = f"process {index}"
        originals.setdefault(process.name, page_name)
        draft.programs.append(Program(name=page_name, process=process))
    for index, store in enumerate(found.stores):
        page_name = _store_name(store, taken, stands_back=f"store {index}" in renamed)
        if store.kind in KINDS - _INCOMPLETE.keys():
            taken[page_name] = f"store {index}"
            draft.stores[page_name] = store
            originals[store.name or page_name] = page_name
        else:
            why = _INCOMPLETE.get(store.kind, "which a page does not know; it has to run elsewhere")
            draft.doubt(f"{store.place}: {store.kind} is used, {why}")
    for program in draft.programs:
        _wire(program, draft, survey, originals)
        program.words = _words(program.process)
    _set_builds(draft, survey)
    _exposed_ports(draft)
    return draft, {taken[one] for one in connections.conflicts(draft) if one in taken}


def _can_run(process: Process, draft: Draft) -> bool:
    if not process.words:
        draft.doubt(f"{process.place}: {process.name} names no command, and its folder shows none")
    return bool(process.words)


def _store_name(store: Store, taken: Mapping[str, str], *, stands_back: bool) -> str:
    usual = drafts.USUAL_NAMES.get(store.kind, "store")
    if usual in taken and store.name:
        usual = drafts.slug(store.name, usual)
    if stands_back or _is_reserved(usual, store.kind):
        usual = drafts.slug(f"{usual[:34]}-store", "store")
    return drafts.free_name(usual, taken)


def _is_reserved(name: str, kind: str) -> bool:
    return any(module.Spec.is_reserved(name) for module in kinds.STORES if kind == module.KIND)


def _build(process: Process, survey: Survey) -> dict[str, str]:
    """The folder of a program, and the Dockerfile below it."""
    fields = {"context": process.folder} if process.folder else {}
    dockerfile = process.dockerfile or "Dockerfile"
    if folders.joined(process.folder, dockerfile) in survey.documents.texts:
        fields["dockerfile"] = dockerfile
    return fields


def _set_builds(draft: Draft, survey: Survey) -> None:
    """What most programs share is the page's; the others have their own."""
    builds = [_build(program.process, survey) for program in draft.programs]
    draft.build = max(builds, key=builds.count, default={})
    for program, build in zip(draft.programs, builds, strict=True):
        if build != draft.build:
            program.build = {"context": "."} | build


def _words(process: Process) -> tuple[str, ...]:
    """The command, listening where the page says."""
    words = commands.sound(process.words)
    if process.port is not None and not commands.listens(words) and not process.port_variable:
        return servers.listening(words)
    return words


def _wire(program: Program, draft: Draft, survey: Survey, originals: Mapping[str, str]) -> None:
    process = program.process
    stores = _reachable(process, draft, survey, originals)
    libraries = survey.libraries(process.folder)
    wiring = connections.Wiring(
        draft=draft,
        program=program,
        stores=stores,
        originals=originals,
        driver=_driver(libraries),
        loaded=_loaded(process, survey, libraries),
        named=frozenset(one.name for one in process.settings),
        listed=process.listed,
        required=frozenset(one.name for one in _visible(process, survey) if one.required),
    )
    for used in sorted(process.uses or ()):
        wiring.use_original(used)
    if process.uses is None:
        program.uses |= dict.fromkeys(stores)
    for setting in process.settings:
        if not _is_of_the_image(setting):
            wiring.take_setting(setting)
    for variable in _visible(process, survey):
        wiring.take_variable(variable)
    if process.port_variable and process.port is not None and "PORT" not in program.env:
        program.env["PORT"] = Given(value=commands.PORT, why=drafts.printable(process.place))
    _fall_back(program, draft, libraries)


def _reachable(
    process: Process, draft: Draft, survey: Survey, originals: Mapping[str, str]
) -> dict[str, Store]:
    """The stores that a Compose file says it uses; else those that its libraries talk to."""
    if process.uses is not None:
        named = {originals.get(one) for one in process.uses}
        return {name: store for name, store in draft.stores.items() if name in named}
    project = folders.nearest(process.folder, survey.projects) or ""
    libraries = survey.libraries(project)
    if not libraries:
        return dict(draft.stores)
    del project
    return dict(draft.stores)


def _visible(process: Process, survey: Survey) -> list[Variable]:
    """What the code of its project reads, each name once: the one that says most."""
    project = folders.nearest(process.folder, survey.projects) or ""
    found: dict[str, Variable] = {}
    for one in survey.findings.variables:
        if one.folder != project:
            continue
        known = found.get(one.name)
        if known is None:
            found[one.name] = one
        else:
            found[one.name] = replace(
                known,
                role=known.role or one.role,
                required=known.required and one.required,
                default=known.default if known.default is not None else one.default,
            )
    return list(found.values())


def _loaded(process: Process, survey: Survey, libraries: frozenset[str]) -> frozenset[str]:
    """What the `.env` in its folder gives it, where it has a library that reads that."""
    reads = libraries & dotenvs.LOADERS or any(word.startswith("--env-file") for word in process.words)
    path = folders.joined(process.folder, ".env")
    return frozenset(one.name for one in dotenvs.read_names(survey.documents, path)) if reads else frozenset()


def _driver(libraries: frozenset[str]) -> str:
    """What SQLAlchemy takes behind `postgresql`: which driver it means without one depends on its version."""
    if not libraries & {"sqlalchemy", "sqlmodel", "flask-sqlalchemy"} or "django" in libraries:
        return ""
    known = {one.removesuffix("-binary") for one in libraries}
    found = [one for one in ("asyncpg", "psycopg", "psycopg2") if one in known]
    return found[0] if len(found) == 1 else ""


def _is_of_the_image(setting: Setting) -> bool:
    """What Dockerfiles set for the image's own sake."""
    return setting.name in {"PATH", "HOME", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "PYTHONPATH"} or (
        setting.name.startswith(("PIP_", "UV_", "POETRY_", "DEBIAN_", "PYTHON", "NPM_"))
    )


def _fall_back(program: Program, draft: Draft, libraries: frozenset[str]) -> None:
    """Where nothing was seen that reads a store's address: what its client library reads by itself."""
    redis = next(
        (one for one in program.uses if one in draft.stores and draft.stores[one].kind == "redis"), None
    )
    if redis is not None and program.process.words[0] == "rq":
        why = "read by rq itself, which runs none of the application's settings"
        program.env.setdefault("RQ_REDIS_URL", Given(value=f"${{{redis}.url}}", why=why))
    texts = [given.value or "" for given in program.env.values()]
    for used in list(program.uses):
        store = draft.stores.get(used)
        if store is None or any(f"${{{used}." in text for text in texts):
            continue
        why = f"read by the client library itself; {drafts.printable(store.place)}"
        if store.kind == "postgres":
            pieces = {
                "HOST": "host",
                "PORT": "port",
                "USER": "user",
                "PASSWORD": "password",
                "DATABASE": "name",
            }
            program.env |= {
                f"PG{name}": Given(value=f"${{{used}.{piece}}}", why=why) for name, piece in pieces.items()
            }
            draft.doubt(f"{used}: nothing was seen that reads its address; it is given as PGHOST and so on")
        elif store.kind == "redis" and "celery" in libraries:
            program.env["CELERY_BROKER_URL"] = Given(value=f"${{{used}.url}}", why=why)
        else:
            draft.doubt(
                f"{used}: nothing was seen that reads its address; programs are given it under its own names"
            )


def _exposed_ports(draft: Draft) -> None:
    """Programs that listen where their code says can only be reached there."""
    for program in draft.services():
        process = program.process
        told = commands.listens(program.words) or any(
            given.value and commands.PORT in given.value for given in program.env.values()
        )
        if process.port is not None and not told:
            draft.doubt(
                f"{process.place}: {program.name} is not told its port; it has to listen where PORT says, "
                f"and not always at {process.port}"
            )
