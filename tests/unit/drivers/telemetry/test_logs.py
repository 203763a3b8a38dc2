"""The log keeps order, cuts what is too long, and stays within its size."""

import sqlite3
import time
from pathlib import Path

import pytest

from seatrial.drivers.laptop.telemetry import logs, stores


async def read(path: Path, part: str | None = None, last: int = 10**6) -> list[str]:
    return [line.text async for line in logs.LogReader(path=path, part=part).lines(last=last, follow=False)]


async def test_lines_come_back_in_the_order_in_which_they_were_added(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    writer = logs.LogWriter(path)
    for number in range(100):
        writer.add("even" if number % 2 == 0 else "odd", "out", [f"line {number}"])
    writer.close()
    assert await read(path) == [f"line {number}" for number in range(100)]
    assert await read(path, "odd", last=2) == ["line 97", "line 99"]


async def test_the_file_stays_within_its_bound_and_the_oldest_lines_go(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    writer = logs.LogWriter(path, bounds=stores.Bounds(logs=2**20))
    for batch in range(200):
        writer.add("chatty", "out", [f"{batch} " + "x" * 1000 for _ in range(50)])
        while writer.waiting_characters > 10**6:
            time.sleep(0.001)
    writer.close()
    kept = await read(path)
    assert path.stat().st_size < 4 * 2**20
    assert 100 < len(kept) < 10_000
    assert kept[-1].startswith("199 ")
    assert not kept[0].startswith("0 ")


async def test_a_line_that_is_too_long_is_cut_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    writer = logs.LogWriter(path)
    writer.add("api", "out", ["x" * (logs.LINE_CHARACTERS_MAX + 5)])
    writer.close()
    assert (await read(path))[0].endswith("x ... (5 more characters)")


async def test_lines_that_come_faster_than_they_can_be_written_are_counted_as_lost(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    writer = logs.LogWriter(path, waiting_characters_max=1000)
    writer.add("api", "out", ["x" * 2000] * 3)
    writer.add("api", "out", ["later"])
    writer.add("api", "out", ["x" * 2000] * 4)
    writer.close()
    assert await read(path) == [
        "3 lines were lost: they came faster than they could be written",
        "later",
        "4 lines were lost: they came faster than they could be written",
    ]


async def test_lines_that_could_not_be_written_are_counted_as_lost_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    writer = logs.LogWriter(path)
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE lines RENAME TO elsewhere")
        database.commit()
        writer.add("api", "out", ["lost"])
        while writer.waiting_characters:
            time.sleep(0.001)
        time.sleep(0.1)
        database.execute("ALTER TABLE elsewhere RENAME TO lines")
    database.close()
    writer.add("api", "out", ["kept"])
    writer.close()
    assert await read(path) == ["1 lines were lost: no such table: lines", "kept"]


async def test_lines_of_an_earlier_run_are_still_there(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    for run in ("first", "second"):
        writer = logs.LogWriter(path)
        writer.add("api", "out", [run])
        writer.close()
    assert await read(path) == ["first", "second"]


async def test_a_reader_that_follows_gets_what_is_written_later(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    writer = logs.LogWriter(path)
    writer.add("api", "out", ["before"])
    writer.close()
    texts: list[str] = []
    later = logs.LogWriter(path)
    async for line in logs.LogReader(path=path).lines(last=10, follow=True):
        texts.append(line.text)
        if len(texts) == 3:
            break
        later.add("api", "err", [f"after {len(texts)}"])
    later.close()
    assert texts == ["before", "after 1", "after 2"]


async def test_a_log_whose_table_is_gone_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    writer = logs.LogWriter(path)
    writer.add("api", "out", ["kept"])
    writer.close()
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE lines")
    database.close()
    again = logs.LogWriter(path)
    again.add("api", "out", ["new"])
    again.close()
    assert await read(path) == ["new"]


async def test_a_file_that_cannot_be_used_is_set_aside_and_said_once(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    path.write_text("something else" * 100)
    writer = logs.LogWriter(path)
    writer.add("api", "out", ["first"])
    while writer.waiting_characters:
        time.sleep(0.001)
    writer.add("api", "out", ["second"])
    writer.close()
    said = "telemetry.sqlite could not be used (file is not a database): it is kept as telemetry.aside.sqlite"
    assert await read(path) == [said, "first", "second"]
    assert (tmp_path / "telemetry.aside.sqlite").read_text().startswith("something else")


async def test_lines_are_found_by_time_text_and_trace(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    writer = logs.LogWriter(path)
    writer.add("api", "out", ["Connection REFUSED", f"trace_id={'a' * 32} done", "other"])
    writer.close()

    async def found(reader: logs.LogReader) -> list[str]:
        return [line.text async for line in reader.lines(last=10, follow=False)]

    assert await found(logs.LogReader(path=path, search=logs.Search(grep="refused"))) == [
        "Connection REFUSED"
    ]
    assert await found(logs.LogReader(path=path, search=logs.Search(trace="a" * 32))) == [
        f"trace_id={'a' * 32} done"
    ]
    assert await found(logs.LogReader(path=path, search=logs.Search(grep="%"))) == []
    assert len(await found(logs.LogReader(path=path, search=logs.Search(since=time.time() - 60)))) == 3
    assert await found(logs.LogReader(path=path, search=logs.Search(since=time.time() + 60))) == []


def test_the_tail_holds_what_the_present_process_wrote_only(tmp_path: Path) -> None:
    writer = logs.LogWriter(tmp_path / "telemetry.sqlite")
    writer.add("api", "out", ["of an earlier process"])
    writer.begin("api")
    writer.add("api", "out", [f"line {number}" for number in range(100)])
    writer.add("api", "supervisor", ["ready"])
    assert writer.tail("api")[-1] == "line 99"
    assert len(writer.tail("api")) == 20
    assert writer.tail("other") == ()
    writer.close()


@pytest.mark.parametrize("last", [0, 1])
async def test_where_nothing_was_written_there_is_nothing_to_read(tmp_path: Path, last: int) -> None:
    assert await read(tmp_path / "telemetry.sqlite", last=last) == []


def test_neighbours_that_differ_in_numbers_only_are_told_once_with_their_count() -> None:
    lines = ["begins", *(f"127.0.0.1:{port} GET /ready 503" for port in range(50010, 50030)), "ends", "ends"]
    assert logs.folded(lines) == ["begins", "127.0.0.1:50029 GET /ready 503 (x20)", "ends (x2)"]
    assert logs.folded(["a", "b", "a"]) == ["a", "b", "a"]
