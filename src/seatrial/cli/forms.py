"""`seatrial explain` and `seatrial schema`: what a page may say, for people and for editors."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seatrial import errors
from seatrial.cli import places, running, systems, wordings

if TYPE_CHECKING:
    from seatrial.spec.explanations import Explanation

_LABEL = 10
_NAME_MAX = 18

PathWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SYSTEM] [PATH]",
        help="A place of the page such as services.scale.up, or services.api.health with a name of the page.",
    ),
]


def explain(words: PathWords = None, as_json: running.AsJson = False) -> None:
    """Say what a key of the page means and how it is written.

    Names of a page may be used, and any name may be left out: services.scale is services.api.scale.
    """
    from seatrial.spec import explanations  # noqa: PLC0415  # late: --help must not pay for pydantic

    system, path = _split(words or [])
    found = explanations.explain(path, _page_at_hand(system))
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(found), indent=2, ensure_ascii=False))
        return
    for line in _lines(found):
        typer.echo(line)


def schema(
    out: Annotated[
        Path | None, typer.Option("--out", help="Write it to this file.", dir_okay=False, writable=True)
    ] = None,
    as_json: running.AsJson = False,
) -> None:
    """Print the JSON Schema of the page, for editors."""
    from seatrial.spec import schemas  # noqa: PLC0415

    del as_json  # it is nothing else
    text = schemas.as_text()
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


def _split(words: list[str]) -> tuple[str | None, str]:
    """A first word that stands for a page is the system; what is left is one path."""
    if len(words) > 1 or (words and "/" in words[0]) or words == ["."]:
        system, rest = systems.split(words)
    else:
        system, rest = None, tuple(words)
    if len(rest) > 1:
        raise errors.CallError(f"name one path: {systems.hint('explain', system, 'services.scale')}")
    return system, rest[0] if rest else ""


def _page_at_hand(system: str | None) -> Mapping[str, Any]:
    """The names of the page that was named or is around here; what is wrong with it is for `check`."""
    from seatrial.spec import documents  # noqa: PLC0415

    page = systems.find_page(system) if system else places.page_around()
    if page is None:
        return {}
    try:
        data = documents.read_document(page.read_bytes(), str(page)).data
    except (OSError, errors.PageError):
        return {}
    return data if isinstance(data, Mapping) else {}


def _lines(found: Explanation) -> Iterator[str]:
    """At most 80 columns wide, whatever is said."""
    yield found.path
    yield from wordings.wrapped(found.meaning, "  ")
    yield ""
    yield from _told("value", found.form.replace("`", ""))
    yield from _told("write", "; ".join(found.expected))
    yield from _told("default", found.default or ("none: it must be said" if found.required else ""))
    for example in found.examples:
        yield from _told("example", example)
    yield from _told("see also", ", ".join(found.related))
    if found.below:
        yield ""
        width = min(_NAME_MAX, max(len(row.name) for row in found.below)) + 2
        for row in found.below:
            name, indent = f"  {row.name:<{width}}", " " * (width + 2)
            if len(row.name) > _NAME_MAX:
                yield name.rstrip()
                name = indent
            yield from wordings.wrapped(row.meaning, indent, first=name)


def _told(label: str, text: str) -> Iterator[str]:
    if text:
        yield from wordings.wrapped(text, " " * (_LABEL + 2), first=f"  {label:<{_LABEL}}")
