"""The draft as the text of a page: a comment at each guess, and at its end what could not be known."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from seatrial.discovery.drafts import Draft, Program, printable
from seatrial.discovery.findings import Store

_PATH = re.compile(r"/[!\"$->@-~]{0,500}")
"""A path that a page can say; anything odder in their files is a slip, and no probe to guess."""

_PLAIN = re.compile(r"[A-Za-z_./][A-Za-z0-9_./@+-]*")
_WORDS_OF_YAML = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_WIDTH = 110
_SOURCES = {
    "generated": "generate: 32 bytes",
    "generated and shown": "generate: 16 bytes, show: true",
    "operator": "from: operator",
}
_EXPOSED = "${env.domain}"


def render(draft: Draft) -> str:
    """The whole text. It loads without a problem, whatever the application is called or holds."""
    lines = [
        "# Written by `seatrial init` from what it found here; the comments say where. Nothing was run.",
        "apiVersion: seatrial/v1alpha1",
        "kind: System",
        f"metadata: {{name: {scalar(draft.name)}}}",
        *_build(draft),
        *_secrets(draft),
        *_programs("services", draft.services(), draft),
        *_programs("jobs", draft.jobs(), draft),
        *_stores(draft),
        *_doubts(draft),
    ]
    return "\n".join(lines) + "\n"


def scalar(text: str) -> str:
    """A text as YAML takes it between brackets: plain where that is the same, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    # JSON's quoting is YAML's, but for characters beyond the first plane and those that YAML forbids.
    printable = re.sub(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd]", "?", text)
    return json.dumps(printable, ensure_ascii=True)


def _comment(text: str) -> str:
    return f"  # {printable(text)}"


def _build(draft: Draft) -> Iterator[str]:
    if draft.build:
        yield f"build: {_flow(draft.build)}"


def _flow(fields: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {scalar(value)}" for name, value in fields.items()) + "}"


def _list(items: Sequence[str]) -> str:
    return "[" + ", ".join(scalar(item) for item in items) + "]"


def _secrets(draft: Draft) -> Iterator[str]:
    if not draft.secrets:
        return
    yield ""
    yield "secrets:"
    for name, given in draft.secrets.items():
        yield f"  {name}: {{{_SOURCES[given.value or 'operator']}}}{_comment(given.why)}"


def _programs(section: str, programs: Sequence[Program], draft: Draft) -> Iterator[str]:
    if not programs:
        return
    yield ""
    yield f"{section}:"
    for program in programs:
        yield from _program(program, draft)
        yield from _env(program, draft)


def _program(program: Program, draft: Draft) -> Iterator[str]:
    process = program.process
    yield f"  {program.name}:{_comment(printable(process.place))}"
    if program.build:
        yield f"    build: {_flow(program.build)}"
    yield f"    command: {_list(program.words)}"
    if process.job:
        yield f"    when: {scalar(process.job)}"
    if process.port is not None:
        yield f"    ports: {{http: {process.port}}}"
    if process.health is not None and process.port is not None and _PATH.fullmatch(process.health):
        where = _comment(printable(process.health_place)) if process.health_place else ""
        yield f"    health: {{ready: {scalar(process.health)}}}{where}"
    if program.uses:
        yield f"    uses: {_list(list(program.uses))}"
    if process.copies > 1:
        yield f"    scale: {{min: {process.copies}}}"
    if process.web and process.port is not None:
        first = next(one for one in draft.services() if one.process.web)
        host = _EXPOSED if program is first else f"{program.name}.{_EXPOSED}"
        yield f"    expose: {{host: {scalar(host)}}}"


def _env(program: Program, draft: Draft) -> Iterator[str]:
    """The settings of a program; those that an earlier one has word for word are named and not repeated."""
    env = program.env
    same = [one for one in (*draft.services(), *draft.jobs()) if env and one.env == env]
    filled = any(given.value is not None for given in env.values())
    if not env or (not filled and same[0] is not program):
        return
    if same[0] is not program:
        yield f"    env: *{same[0].name}"
        return
    anchor = f" &{program.name}" if len(same) > 1 else ""
    yield f"    env:{anchor}" if filled else "    # env:"
    for name, given in env.items():
        if given.value is None:
            yield f'    {"  # " if filled else "#   "}{name}: ""{_comment(given.why)}'
        else:
            yield f"      {name}: {scalar(given.value)}{_comment(given.why)}"


def _stores(draft: Draft) -> Iterator[str]:
    if not draft.stores:
        return
    yield ""
    yield "stores:"
    for name, store in draft.stores.items():
        yield f"  {name}: {{{', '.join(_store_fields(store))}}}{_comment(printable(store.place))}"


def _store_fields(store: Store) -> Iterator[str]:
    yield f"kind: {store.kind}"
    if store.version is not None and store.kind in {"postgres", "redis"}:
        yield f"version: {store.version}"
    if store.extensions and store.kind == "postgres":
        yield f"extensions: {_list(sorted(store.extensions))}"


def _doubts(draft: Draft) -> Iterator[str]:
    yield ""
    yield "# What could not be known:"
    general = (
        "how large it has to be: size, scale, and copies of the stores",
        "what users are owed: promises, and backups of what must not be lost",
        "under which domain it answers outside this machine: environments",
    )
    for sentence in (*draft.doubts, *general):
        yield from textwrap.wrap(
            printable(sentence),
            _WIDTH,
            initial_indent="# - ",
            subsequent_indent="#   ",
            break_long_words=False,
        )
