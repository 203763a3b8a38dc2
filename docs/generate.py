"""Writes the generated pages under docs/reference. `./run test` fails while they are stale."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seatrial import errors
from seatrial.spec import pages
from seatrial.values import durations, quantities

FOLDER = Path(__file__).parent / "reference"
HEAD = """# The page

Generated from the models in `src/seatrial/spec/pages.py`. Unknown keys are refused; keys that begin with `x-` are yours.
Durations are written `500ms`, `30s`, `15m`, `4h`, `30d`; bytes `512Mi`, `10Gi`; cores `500m`, `1`; rates `50/s`, `100/min`.

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

`${…}` refers and never computes: `${port.NAME}` (a port of the same service), `${env.domain}`, `${env.region}`,
`${env.name}`, `${metadata.name}`, `${urls.SERVICE}` (where users reach an exposed service), and for each name under `uses`
the pieces of its address: `${db.url}`, `${db.host}`, `${db.port}`, `${db.user}`, `${db.password}`, `${db.name}`;
`${secrets.NAME}`. `$${NAME}` is written as `${NAME}`, for shells.

On a laptop a command runs in `build.context`. Programs are looked for in `.venv/bin` and `node_modules/.bin` of that folder,
then of the page's, then on the caller's path. Its
environment is what the page says, and of the caller's only what a program needs to find its way about (`PATH`, `HOME`,
`LANG`, certificates, proxies). `build.python` is for images; the laptop takes the Python that it finds there.
The environment `laptop` exists without being written down, with the domain `localhost`. A job with `when: on-demand`, which is
the default, is started by `seatrial run SYSTEM JOB`. `watch.expr` is PromQL.
"""
_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "",
}


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
    schema = pages.Page.model_json_schema()
    sections = [HEAD, *_sections("seatrial.yaml", schema, schema["$defs"], set())]
    return "\n".join(sections)


def _sections(
    title: str, block: dict[str, Any], definitions: dict[str, Any], seen: set[str]
) -> Iterator[str]:
    yield _section(title, block)
    for key, value in block.get("properties", {}).items():
        for name in _references(value):
            if name not in seen:
                seen.add(name)
                inner = key if title == "seatrial.yaml" else f"{title}.{key}"
                yield from _sections(
                    _told_apart(inner, definitions[name]), definitions[name], definitions, seen
                )


def _told_apart(title: str, block: dict[str, Any]) -> str:
    """Stores differ by kind, promises by what they are about."""
    kind = block.get("properties", {}).get("kind", {}).get("const")
    if title == "promises":
        return f"promises with {', '.join(key for key in block['required'] if key != 'of')}"
    return f"{title} of kind {kind}" if kind and title == "stores" else title


def _section(title: str, block: dict[str, Any]) -> str:
    lines = [f"## {title}", "", block.get("description", "").splitlines()[0], ""]
    lines += ["| key | value | default |", "|---|---|---|"]
    for key, value in block.get("properties", {}).items():
        default = "required" if key in block.get("required", ()) else _default(value)
        lines.append(f"| `{key}` | {_words(value)} | {default} |")
    return "\n".join([*lines, ""])


def _default(value: dict[str, Any]) -> str:
    """The default as one would write it on a page."""
    default = value.get("default")
    if default in (None, "") or isinstance(default, dict | list):
        return ""
    written = {"duration": durations.format_duration, "bytes": quantities.format_bytes}
    write = written.get(value.get("description", ""), lambda plain: json.dumps(plain).strip('"'))
    return f"`{write(default)}`"


def _words(value: dict[str, Any]) -> str:
    """What may be written at a place, in words."""
    if alternatives := value.get("anyOf") or value.get("oneOf"):
        return " or ".join(dict.fromkeys(filter(None, map(_words, alternatives))))
    if "const" in value or "enum" in value:
        return " or ".join(f"`{word}`" for word in value.get("enum", [value.get("const")]))
    if "$ref" in value:
        return "block"
    if value.get("type") == "array":
        return f"list of {_words(value['items'])}"
    if value.get("type") == "object":
        inner = value.get("additionalProperties") or next(
            iter(value.get("patternProperties", {}).values()), {}
        )
        return f"name → {_words(inner)}"
    words = value.get("description") or _TYPES[value["type"]]
    low, high = value.get("minimum"), value.get("maximum")
    return words if low is None else f"{words}, {low} to {high}"


def _references(value: Any) -> Iterator[str]:  # noqa: ANN401  # any JSON
    """The names of all blocks that a value refers to."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "page.md").write_text(page_reference(), encoding="utf-8")
    (FOLDER / "exit-codes.md").write_text(exit_codes_reference(), encoding="utf-8")
