"""Log lines through a real pipe."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from seatrial_kit import lines


def test_a_reader_that_stops_costs_lines_and_no_time() -> None:
    reading, writing = os.pipe()
    out = lines.Lines(writing)
    line = b"x" * 999 + b"\n"
    sent = lines.LINES_MAX + 5000
    begin = time.monotonic()
    for _ in range(sent):
        out.write(line)
    assert time.monotonic() - begin < 2
    with os.fdopen(reading, "rb") as reader:
        received = 0
        while not (text := reader.readline()).startswith(b"{"):
            assert text == line
            received += 1
        dropped = json.loads(text)["count"]
        assert dropped >= 1000
        while received + dropped < sent:
            assert reader.readline() == line
            received += 1
        out.close()
    os.close(writing)


PROGRAM = """
import logging, structlog
from seatrial_kit import logs
logs.configure("told", "info")
structlog.get_logger().info("ours")
logging.getLogger("theirs").warning("theirs")
"""


def test_both_kinds_of_lines_are_out_when_the_process_has_ended(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, check=True, timeout=20
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["event"], line["service"]) for line in told] == [("ours", "told"), ("theirs", "told")]
    assert done.stderr == b""
