"""Writes the generated pages under docs/reference. `./run test` fails while they are stale."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from seatrial import errors
from seatrial.spec import descriptions, schemas, trees

FOLDER = Path(__file__).parent / "reference"
WHOLE = Path(__file__).parents[1] / "tests" / "golden" / "pages" / "whole.yaml"
GOLDEN = (WHOLE, *sorted(path for path in WHOLE.parent.glob("*.yaml") if path != WHOLE))
"""The whole page, and those of kinds that came after it."""
HEAD = """# The page

Generated from the models in `src/seatrial/spec/pages.py`; `seatrial explain services.scale` says the same in a terminal, and
[the schema](seatrial.schema.json) in an editor. Unknown keys are refused; keys that begin with `x-` are yours.

```yaml
apiVersion: seatrial/v1alpha1
kind: System
metadata: {name: shop}
secrets: {token: {generate: 32 bytes}}
services:
  web:
    command: [python, -m, http.server, "${port.http}", --bind, 127.0.0.1]
    ports: {http: 8080}
    health: {ready: /}
    uses: [db, secrets.token]            # DB_URL, DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME; TOKEN
    expose: {host: "shop.${env.domain}"}
jobs:
  tables: {command: [python, -c, "import os; print(os.environ['DB_URL'])"], uses: [db], when: before-deploy}
stores:
  db: {kind: postgres}
promises:
  answer: {latency: {p95: 300ms}, of: web, at: 20/s}
```

`uses` gives a service or job the address of a store or service as environment variables (a secret under its own name, so
`admin-key` is `ADMIN_KEY`), lets it through the network, and starts it after what it uses is ready. A variable that `uses`
gives cannot be set again in `env`.

`${…}` refers and never computes: `${port.NAME}` (a port of the same service), `${env.listen}` (the address to listen on:
loopback on a laptop, every interface in a container), `${env.domain}`, `${env.region}`,
`${env.name}`, `${metadata.name}`, `${urls.SERVICE}` (where users reach an exposed service), and for each name under `uses`
the pieces of its address: `${db.url}`, `${db.host}`, `${db.port}`, `${db.user}`, `${db.password}`, `${db.name}`;
`${secrets.NAME}`. `$${NAME}` is written as `${NAME}`, for shells.

On a laptop a command runs in `build.context`. Programs are looked for in `.venv/bin` and `node_modules/.bin` of that folder,
then of the page's, then on the caller's path. Its environment is what the page says, and of the caller's only what a program needs to find its way about (`PATH`, `HOME`,
`LANG`, certificates, proxies). `build.python` is for images; the laptop takes the Python that it finds there.
The environment `laptop` exists without being written down, with the domain `localhost`. A job with `when: on-demand`, which is
the default, is started by `seatrial run SYSTEM JOB`. `watch.expr` is PromQL.
"""


def exit_codes_reference() -> str:
    """The table of what commands end with, and which error ends them so, as Markdown."""
    head = (
        "# Exit codes\n\nGenerated from `src/seatrial/errors.py`. Every command ends with one of these, and no number"
        " ever gets another meaning.\n`exec` ends with the code of the command that it starts. With `--json` the"
        " last line of the output names the\nerror as `class`, see [scripts](../how-to/scripts.md).\n\n"
        "| code | meaning | error |\n|---|---|---|\n"
    )
    kinds = sorted(errors.SeatrialError.__subclasses__(), key=lambda kind: kind.__name__)
    own = [kind for kind in kinds if kind.__module__ == errors.__name__]
    rows = [
        f"| {code} | {meaning} | {', '.join(f'`{kind.__name__}`' for kind in own if kind.exit_code == code)} |"
        for code, meaning in errors.EXIT_CODES.items()
    ]
    return head + "\n".join(rows) + "\n"


def page_reference() -> str:
    """The reference of the page as Markdown: a section for each block, from the page downwards."""
    tree = trees.page_tree()
    titles = {trees.PAGE: trees.PAGE} | dict(_titled(tree, tree.page, "", set()))
    blocks = {trees.PAGE: tree.page} | tree.blocks
    sections = [_section(tree, blocks[name], titles) for name in titles]
    return "\n".join([HEAD, *_contents(titles), *_forms(tree), *sections])


def _titled(tree: trees.Tree, block: trees.Block, path: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Each block's name and the title of its section, in the order in which a reader meets them."""
    for key in block.keys.values():
        for inner in tree.below(key.value):
            if inner.name not in seen:
                seen.add(inner.name)
                title = f"{path}.{key.name}".removeprefix(".") + _apart(inner)
                yield inner.name, title
                yield from _titled(tree, inner, title, seen)


def _apart(block: trees.Block) -> str:
    """Stores differ by kind, promises by what they are about."""
    return f" of {' and '.join(block.tags)}" if block.tags else ""


def _anchor(title: str) -> str:
    """As GitHub makes it from a heading."""
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def _link(title: str) -> str:
    return f"[{title}](#{_anchor(title)})"


def _contents(titles: dict[str, str]) -> Iterator[str]:
    """The sections of the page, and of each the blocks below it."""
    yield "## Contents"
    yield ""
    yield "- [forms](#forms)"
    for title in titles.values():
        yield f"{'  ' * (title.count('.') if title != trees.PAGE else 0)}- {_link(title)}"
    yield ""


def _forms(tree: trees.Tree) -> Iterator[str]:
    """Each form once: what it is called in the tables, how it is written, and what it must match."""
    yield "## forms"
    yield ""
    yield "| form | how it is written | pattern |"
    yield "|---|---|---|"
    for title, form in sorted(tree.forms.items()):
        patterns = [one["pattern"] for one in (form, *form.get("anyOf", ())) if "pattern" in one]
        pattern = " ".join(f"`{one.replace('|', chr(92) + '|')}`" for one in patterns)
        yield f"| {title} | {form.get('description', '')} | {pattern} |"
    yield ""


def _section(tree: trees.Tree, block: trees.Block, titles: dict[str, str]) -> str:
    def link(name: str) -> str:
        return f"[{' and '.join(tree.blocks[name].tags) or 'keys'}](#{_anchor(titles[name])})"

    lines = [f"## {titles[block.name]}", "", descriptions.prose(block.description), ""]
    if examples := _examples(block):
        lines += ["```yaml", *examples, "```", ""]
    lines += ["| key | what | value | default |", "|---|---|---|---|"]
    for key in block.keys.values():
        default = f"`{key.default}`" if key.default is not None else "required" if key.required else ""
        meaning = key.meaning.replace("|", "\\|")
        lines.append(f"| `{key.name}` | {meaning} | {tree.form(key.value, link)} | {default} |")
    return "\n".join([*lines, ""])


def _examples(block: trees.Block) -> list[str]:
    """Of kinds and promises what the whole page says of one; of others what their description begins with."""
    if block.name.startswith(("kinds.", "promises.")):
        return _of_the_whole_page(block)
    return descriptions.examples(block.description)


def _of_the_whole_page(block: trees.Block) -> list[str]:
    """The first entry of its sort, in the words of the file."""
    sections = {
        "service": "services",
        "job": "jobs",
        "model": "models",
        "external": "externals",
        "watch": "watch",
    }
    sort, _, name = block.name.partition(".")
    section = sections.get(name) or {"kinds": "stores", "promises": "promises"}[sort]
    texts = [path.read_text(encoding="utf-8").splitlines() for path in GOLDEN]
    begun = (lines[lines.index(f"{section}:") + 1 :] for lines in texts if f"{section}:" in lines)
    entry = next(entry for lines in begun for entry in _entries(lines) if _is_of(entry, block))
    return [line.removeprefix("  ") for line in entry]


def _entries(lines: list[str]) -> Iterator[list[str]]:
    """The items of a section, each with its lines, to the section's end."""
    entry: list[str] = []
    for line in lines:
        if not line.startswith(" "):
            break
        if entry and not line.startswith("   "):
            yield entry
            entry = []
        entry.append(line)
    yield entry


def _is_of(entry: list[str], block: trees.Block) -> bool:
    """A store says its kind, a promise the key that it is known by."""
    text = "\n".join(entry)
    wanted = [f"kind: {tag}" for tag in block.tags] if block.name.startswith("kinds.") else block.tags
    return all(re.search(rf"[{{ ]{word}\b(:|,|\n|$)", text) for word in wanted)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "page.md").write_text(page_reference(), encoding="utf-8")
    (FOLDER / "exit-codes.md").write_text(exit_codes_reference(), encoding="utf-8")
    (FOLDER / "seatrial.schema.json").write_text(schemas.as_text(), encoding="utf-8")
