"""Node services: what package.json starts, the variables that scripts read, and where they listen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seatrial.discovery import commands, folders
from seatrial.discovery.documents import Documents, keys
from seatrial.discovery.findings import Place, Process, Variable

SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx")
_PORT = 3000
_READ = re.compile(
    r"process\.env(?:\.([A-Za-z_]\w{0,99})|\[[\"']([A-Za-z_]\w{0,99})[\"']\])"
    r"(?:\s*\)?\s*(?:\|\||\?\?)\s*(?:\"([^\"\n]{0,200})\"|'([^'\n]{0,200})'|`([^`\n$]{0,200})`|(\d{1,9})))?"
)
_TAKEN = re.compile(r"(?:const|let|var)\s*\{([^}]{0,2000})\}\s*=\s*process\.env\b")
_LISTENS = re.compile(
    r"\.listen\(|createServer\(|Bun\.serve|express\(\)|fastify\(|new Koa\(|new Hono\(|NestFactory"
)
_LITERAL_PORT = re.compile(r"\.listen\(\s*(?:\{[^}]{0,100}port:\s*)?(\d{2,5})")
_WEB = frozenset(
    {"next", "nuxt", "express", "fastify", "koa", "hono", "@hapi/hapi", "@nestjs/core", "@remix-run/serve"}
)
_WORKER = re.compile(r"(start:)?(worker|queue|jobs|consumer)s?")
_MIGRATE = re.compile(r"(db:)?(migrate|migration)s?(:(deploy|up|run|latest|prod))?")
_ENTRIES = (
    "server.js",
    "index.js",
    "app.js",
    "src/server.js",
    "src/index.js",
    "server.mjs",
    "index.mjs",
    "main.js",
)


def read_processes(documents: Documents) -> Iterator[Process]:
    """Of every package.json that starts something."""
    for path in documents.folder.named("package.json"):
        table = documents.table(path)
        scripts = {name: text for name, text in keys(table.get("scripts")).items() if isinstance(text, str)}
        folder = folders.parent(path)
        web = _started(documents, path, scripts, str(table.get("main") or ""))
        if web is not None:
            yield web
        for name, text in scripts.items():
            place = Place(file=path, line=documents.line(path, rf'"{re.escape(name)}"\s*:'))
            if _WORKER.fullmatch(name):
                yield Process(
                    name="worker", words=_words(name, text, listens=False), place=place, folder=folder
                )
            elif _MIGRATE.fullmatch(name):
                words = _words(name, text, listens=False)
                yield Process(name="migrate", words=words, place=place, folder=folder, job="before-deploy")


def _started(documents: Documents, path: str, scripts: dict[str, str], main: str) -> Process | None:
    """What `start` starts, else the main file, else the usual ones; None where nothing listens."""
    folder = folders.parent(path)
    line = documents.line(path, r'"start"\s*:')
    if "start" in scripts:
        words = _words("start", scripts["start"])
    else:
        entry = next(
            (one for one in (main, *_ENTRIES) if one and folders.joined(folder, one) in documents.texts), None
        )
        if entry is None:
            return None
        line = documents.line(path, r'"main"\s*:') if entry == main else 1
        words = ("node", folders.joined("", entry))
    libraries = keys(documents.table(path).get("dependencies"))
    prefix = f"{folder}/" if folder else ""
    own = [one for one in documents.texts if one.startswith(prefix) and one.endswith(SUFFIXES)]
    listens = bool(_WEB & libraries.keys()) or any(_LISTENS.search(documents.texts[one]) for one in own)
    if not listens and "start" not in scripts:
        return None
    listens = listens or commands.listens(words)
    port = _port(documents, own) if listens else None
    told = words[0] in {"next", "nuxt"} or any("process.env.PORT" in documents.texts[one] for one in own)
    return Process(
        name="web" if listens else "app",
        words=words,
        place=Place(file=path, line=line),
        folder=folder,
        port=port,
        web=listens,
        port_variable=told or any("PORT" in documents.texts[one] for one in own),
    )


def _words(name: str, text: str, *, listens: bool = True) -> tuple[str, ...]:
    """The script itself where it is one plain command, which then gets signals at first hand; else npm."""
    command = commands.parse(text, listens=listens)
    if not command.words or command.settings or command.words[0] in {"sh", "npm", "yarn", "pnpm"}:
        return ("npm", "run", name)
    return command.words


def _port(documents: Documents, paths: list[str]) -> int:
    """The default of PORT, or the number that `listen` is called with."""
    for path in paths:
        for match in _READ.finditer(documents.texts[path]):
            default = match[3] or match[4] or match[5] or match[6] or ""
            if (match[1] or match[2]) == "PORT" and default.isdigit() and 0 < int(default) < 65536:  # noqa: PLR2004
                return int(default)
    for path in paths:
        literal = _LITERAL_PORT.search(documents.texts[path])
        if literal and 0 < int(literal[1]) < 65536:  # noqa: PLR2004
            return int(literal[1])
    return _PORT


def read_variables(documents: Documents, projects: frozenset[str]) -> Iterator[Variable]:
    """Everything that scripts take from `process.env`."""
    for path in documents.folder.ending(*SUFFIXES):
        text = documents.texts[path]
        folder = folders.nearest(folders.parent(path), projects) or ""
        for match in _READ.finditer(text):
            place = Place(file=path, line=text.count("\n", 0, match.start()) + 1)
            default = next((one for one in match.groups()[2:] if one is not None), None)
            yield Variable(name=match[1] or match[2], folder=folder, place=place, default=default)
        for match in _TAKEN.finditer(text):
            place = Place(file=path, line=text.count("\n", 0, match.start()) + 1)
            for taken in match[1].split(","):
                name, _, default = taken.partition("=")
                name = name.partition(":")[0].strip()
                if re.fullmatch(r"[A-Za-z_]\w{0,99}", name):
                    given = default.strip().strip("\"'`") if default else None
                    yield Variable(name=name, folder=folder, place=place, default=given)


def steps(documents: Documents) -> Iterator[str]:
    """What has to be done in each package before it starts."""
    for path in documents.folder.named("package.json"):
        table = documents.table(path)
        folder = folders.parent(path)
        where = f" in {folder}/" if folder else ""
        here = folders.joined(folder, "node_modules")
        above = "node_modules" in documents.folder.made
        if keys(table.get("dependencies")) and here not in documents.folder.made and not above:
            yield f"no node_modules{where or ' here'}: run `npm install`{where}"
        build = keys(table.get("scripts")).get("build")
        if isinstance(build, str) and "start" in keys(table.get("scripts")):
            yield f"{path} has a build: run `npm run build`{where} before the first start"
