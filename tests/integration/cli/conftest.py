"""A command line in this process, in a folder of its own, and what it printed and ended with."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from seatrial import cli
from seatrial.drivers.laptop import Laptop

HEAD = "apiVersion: seatrial/v1alpha1\nkind: System\nmetadata: {name: shop}\n"


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a command ended with."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """A folder to type commands in, without a terminal."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    captured: pytest.CaptureFixture[str]

    def page(self, text: str) -> None:
        """Makes the system of the folder the one of this text."""
        (self.folder / "seatrial.yaml").write_text(HEAD + text)

    def type(self, *words: str) -> Done:
        self.captured.readouterr()
        self.monkeypatch.setattr(sys, "argv", ["seatrial", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = self.captured.readouterr()
        code = ended.value.code
        return Done(code=code if isinstance(code, int) else 0, out=out, err=err)


@pytest.fixture
def terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Terminal]:
    monkeypatch.delenv("SEATRIAL_HOME", raising=False)
    monkeypatch.delenv("SEATRIAL_CALLED_AS", raising=False)
    monkeypatch.chdir(tmp_path)
    yield Terminal(folder=tmp_path, monkeypatch=monkeypatch, captured=capsys)
    asyncio.run(Laptop(tmp_path).stop())
