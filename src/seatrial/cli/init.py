"""`seatrial init`: a page for an application that has none, from what its files say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial import errors
from seatrial.cli import systems

if TYPE_CHECKING:
    from seatrial.discovery.drafts import Draft

_DOUBTS_SHOWN_MAX = 5


def init(
    directory: Annotated[Path, typer.Argument(help="Folder of the application.")] = Path(),
    print_only: Annotated[bool, typer.Option("--print", help="Print the page and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was found as JSON.")] = False,
) -> None:
    """Write a page for the application in a folder, from what its files say. Nothing of it is run."""
    from seatrial import discovery  # noqa: PLC0415  # late: --help must not pay for pydantic
    from seatrial.discovery import pages  # noqa: PLC0415
    from seatrial.discovery.drafts import printable  # noqa: PLC0415
    from seatrial.spec import loading  # noqa: PLC0415

    if print_only and as_json:
        raise errors.CallError("--print writes a page, which is no JSON: leave --print or --json out")
    path = directory / systems.FILE_NAME
    if not print_only and (path.exists() or path.is_symlink()):
        raise errors.CallError(
            f"{systems.shown(path)} is there already and is not overwritten; `--print` shows the new one"
        )
    draft = discovery.describe(directory)
    if not draft.programs:
        raise errors.CallError(_nothing(directory, draft, discovery.LOOKED_FOR))
    text = pages.render(draft)
    loading.parse_page(text.encode(), systems.shown(path))
    if print_only:
        typer.echo(text, nl=False)
        return
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise errors.MissingError(f"cannot write {path}: {error.strerror}") from error
    if as_json:
        typer.echo(json.dumps(_object(draft, path), indent=2, ensure_ascii=False))
        return
    for line in _report(draft, path, directory):
        typer.echo(printable(line))


def _object(draft: Draft, path: Path) -> dict[str, object]:
    """The page's file, and what is on it and why, for programs."""
    return {
        "page": str(path),
        "services": {one.name: str(one.process.place) for one in draft.services()},
        "jobs": {one.name: str(one.process.place) for one in draft.jobs()},
        "stores": {name: str(store.place) for name, store in draft.stores.items()},
        "secrets": {name: given.value for name, given in draft.secrets.items()},
        "doubts": list(draft.doubts),
        "steps": list(draft.steps),
    }


def _nothing(directory: Path, draft: Draft, looked_for: str) -> str:
    found = [f"found nothing in {systems.shown(directory)} that runs; looked for {looked_for}"]
    return "\n".join([*found, *(f"- {doubt}" for doubt in draft.doubts)])


def _report(draft: Draft, path: Path, directory: Path) -> Iterator[str]:
    """What was found, what to check, and what comes next."""
    yield f"wrote {systems.shown(path)}"
    for program in draft.services():
        yield f"  service  {program.name:<12} {program.process.place}"
    for program in draft.jobs():
        yield f"  job      {program.name:<12} {program.process.place}, {program.process.job}"
    for name, store in draft.stores.items():
        yield f"  store    {name:<12} {store.kind}, {store.place}"
    if draft.doubts:
        yield "to check, as the end of the page says in full:"
        yield from (f"- {doubt}" for doubt in list(draft.doubts)[:_DOUBTS_SHOWN_MAX])
        if len(draft.doubts) > _DOUBTS_SHOWN_MAX:
            yield f"- and {len(draft.doubts) - _DOUBTS_SHOWN_MAX} more"
    operators = [name for name, given in draft.secrets.items() if given.value == "operator"]
    if operators:
        yield f"secrets that only you know: {', '.join(operators)}; `up` says where to put them"
    if draft.steps:
        yield "before it runs here:"
        yield from (f"- {step}" for step in draft.steps)
    named = None if directory.resolve() == Path.cwd() else systems.shown(directory)
    yield f"next: `{systems.hint('check', named)}`, then `{systems.hint('up', named)}`"
