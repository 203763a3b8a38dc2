"""The tutorial, line by line: files are written and commands typed as shown, and their output is compared."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.clones import ROOT, make_clone, need_programs

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORDS_A_MINUTE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A file to write, or a command to type with the lines that stand below it."""

    text: str
    file: str | None = None
    shown: tuple[str, ...] = ()


def steps_of(page: str) -> Iterator[Step]:
    for _, file, body in BLOCK.findall(page):
        if file:
            yield Step(text=body, file=file)
            continue
        commands = re.split(r"^\$ ", body, flags=re.MULTILINE)
        assert commands[0] == "", f"a block of commands begins with a $: {body!r}"
        for command in commands[1:]:
            first, *shown = command.splitlines()
            yield Step(text=first, shown=tuple(shown))


def pattern_of(shown: tuple[str, ...]) -> re.Pattern[str]:
    """`…` stands for anything, alone on a line for any lines."""
    lines = [
        r"(?:.*\n)*" if line == "…" else r".*".join(map(re.escape, line.split("…"))) + r"\n" for line in shown
    ]
    return re.compile("".join(lines))


def test_the_tutorial_is_read_in_ten_minutes() -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    prose = BLOCK.sub("", text)
    assert len(prose.split()) < 5 * WORDS_A_MINUTE  # as much again for the programs
    assert len(text.split()) < 10 * WORDS_A_MINUTE


def test_a_pattern_wants_what_is_shown_and_nothing_else() -> None:
    assert pattern_of(("a … c", "…")).fullmatch("a b c\nanything\nat all\n")
    assert not pattern_of(("taken",)).fullmatch("taken\nand more\n")


def test_the_tutorial_does_what_it_shows(tmp_path: Path) -> None:
    need_programs("sh", "curl", "sed", "python3")
    clone = make_clone(tmp_path)
    environment = {**os.environ, "SEATRIAL": str(clone.folder)}
    folder = tmp_path / "empty"
    folder.mkdir()
    seen = 0
    try:
        for step in steps_of((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")):
            if step.file:
                (folder / step.file).write_text(step.text, encoding="utf-8")
                continue
            done = subprocess.run(
                ["sh", "-c", step.text],
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=240,
                check=False,
            )
            assert done.returncode == 0, f"{step.text}\n{done.stdout}"
            if step.shown:
                seen += 1
                assert pattern_of(step.shown).fullmatch(done.stdout), f"{step.text}\n{done.stdout}"
            if step.text == "mkdir words && cd words":
                folder = folder / "words"
    finally:
        if os.path.lexists(folder / "seatrial"):
            subprocess.run(
                ["sh", "-c", "./seatrial down"], cwd=folder, env=environment, timeout=60, check=False
            )
    assert seen > 8
