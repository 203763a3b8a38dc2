"""Adding a kind of store: its files, and at most four lines of files that were there.

A fixture does it in a copy of the project: a broker for devices that speaks MQTT. Two things are counted over
the files that were there before: lines that are no longer as they were (removed or changed), and those
together with lines that were put between them. What `docs/generate.py` writes nobody else does: not counted.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.clones import make_clone, need_programs

FIXTURE = Path(__file__).parent / "adding_a_kind"
LINES_MAX = 4
PAGE = f"""
apiVersion: seatrial/v1alpha1
kind: System
metadata: {{name: greenhouse}}
services:
  api: {{command: [{sys.executable}, tell.py], uses: [devices]}}
stores:
  devices: {{kind: mqtt}}
environments: {{laptop: {{domain: localhost}}}}
"""
TELL = """
import os, time
with open("url.new", "w") as file:
    file.write(os.environ["DEVICES_URL"])
os.rename("url.new", "url")
time.sleep(600)
"""


class Copy:
    """The project with the new kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = make_clone(folder).folder
        git = ("git", "-c", "user.name=t", "-c", "user.email=t@example.com")
        self.run(*git, "init", "-q")
        self.run(*git, "add", "-A")
        self.run(*git, "commit", "-q", "-m", "before")
        shutil.copytree(FIXTURE / "files", self.folder, dirs_exist_ok=True)
        self.run(*git, "apply", str(FIXTURE / "registries.patch"))

    def run(self, *words: str) -> str:
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder / "src")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
        return done.stdout

    def seatrial(self, *words: str) -> str:
        return self.run(sys.executable, "-c", "from seatrial.cli import main; main()", *words)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    need_programs("git")
    return Copy(tmp_path_factory.mktemp("copy"))


def test_no_line_changes_and_at_most_four_are_put_between(copy: Copy) -> None:
    counted = [line.split("\t") for line in copy.run("git", "diff", "--numstat", "HEAD").splitlines()]
    added, removed = (sum(int(row[column]) for row in counted) for column in (0, 1))
    assert removed == 0
    assert 0 < added + removed <= LINES_MAX, counted


def test_what_walks_the_kinds_and_what_is_generated_from_them_is_content(copy: Copy) -> None:
    copy.run(sys.executable, "docs/generate.py")
    assert "kind: mqtt" in (copy.folder / "docs" / "reference" / "page.md").read_text(encoding="utf-8")
    walking = ("whole", "descriptions", "explanations", "schemas")
    copy.run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *("tests/unit/kinds", "tests/golden", "tests/unit/drivers/test_coverage.py"),
        *(f"tests/unit/spec/test_{name}.py" for name in walking),
    )


async def test_a_page_with_it_is_checked_started_used_and_stopped(copy: Copy, tmp_path: Path) -> None:
    (tmp_path / "seatrial.yaml").write_text(PAGE)
    (tmp_path / "tell.py").write_text(TELL)
    page = str(tmp_path / "seatrial.yaml")
    said = copy.seatrial("check", page)
    assert " is sound: " in said
    assert "devices is mqtt 2 on the page" not in said  # the same major version stands here
    copy.seatrial("up", page, "--detach")
    try:
        url = (tmp_path / "url").read_text()
        assert await _exchange(url, _publish("beds/1", "damp")) == b""
        copy.seatrial("down", page)
        copy.seatrial("up", page, "--detach")
        url = (tmp_path / "url").read_text()
        assert (await _exchange(url, _subscribe("beds/1"))).endswith(b"beds/1damp")
    finally:
        assert "devices" in copy.seatrial("down", page)


async def _exchange(url: str, packet: bytes) -> bytes:
    """Logs in by the address that a service was given, sends a packet, takes what comes within a second."""
    address = urlsplit(url)
    assert address.scheme == "mqtt"
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    texts = (b"test", str(address.username).encode(), str(address.password).encode())
    body = b"\x00\x04MQTT\x04\xc2\x00\x3c" + b"".join(_text(text) for text in texts)
    writer.write(bytes([0x10, len(body)]) + body)
    assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
    writer.write(packet)
    told = b""
    try:
        async with asyncio.timeout(1):
            while piece := await reader.read(1024):
                told += piece
    except TimeoutError:
        pass
    writer.close()
    await writer.wait_closed()
    return told


def _text(text: bytes) -> bytes:
    return len(text).to_bytes(2) + text


def _publish(topic: str, message: str) -> bytes:
    """Retained, and not acknowledged (MQTT 3.1.1, section 3.3)."""
    body = _text(topic.encode()) + message.encode()
    return bytes([0x31, len(body)]) + body


def _subscribe(topic: str) -> bytes:
    """Section 3.8, for messages that are not acknowledged."""
    body = b"\x00\x01" + _text(topic.encode()) + b"\x00"
    return bytes([0x82, len(body)]) + body
