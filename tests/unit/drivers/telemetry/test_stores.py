"""The file of all telemetry: bounded, shared by writers, taken over when old, replaced when damaged."""

import sqlite3
from pathlib import Path

import pytest

from seatrial import errors
from seatrial.drivers.laptop.telemetry import stores

SMALL = stores.Bounds(logs=2**20, spans=2**20, metrics=2**20, file=2**21)
OLD_SCHEMA = """CREATE TABLE lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL, part TEXT NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL)"""


def lines(count: int, size: int = 10) -> list[stores.Row]:
    return [(1.0, "api", "out", "x" * size) for _ in range(count)]


def spans(count: int, size: int = 10) -> list[stores.Row]:
    return [("t" * 32, "s" * 16, "", "api", "GET /", "server", 1, 1, 0, "x" * size) for _ in range(count)]


def scrapes(count: int, size: int = 10) -> list[stores.Row]:
    return [(1.0, "api", "scrape", "", None, b"x" * size) for _ in range(count)]


def sizes(path: Path) -> dict[str, int]:
    with stores.reading(path) as database:
        assert database is not None
        return dict(database.execute("SELECT signal, bytes FROM sizes"))


def count(path: Path, table: str) -> int:
    with stores.reading(path) as database:
        assert database is not None
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_each_signal_keeps_to_its_bytes_and_the_file_to_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    store = stores.Store(path, SMALL)
    for _ in range(60):
        store.write(lambda writing: writing.add(stores.LINES, lines(50, 1000)))
        store.write(lambda writing: writing.add(stores.SPANS, spans(50, 1000)))
        store.write(lambda writing: writing.add(stores.SCRAPES, scrapes(50, 1000)))
        store.write(
            lambda writing: writing.add(stores.LAYOUTS, [("api", b"x" * 1000)])  # which no scrape refers to
        )
    store.close()
    held = sizes(path)
    assert all(0 < size <= 2**20 for size in held.values())
    assert path.stat().st_size < SMALL.file * 1.5
    assert all(count(path, table) > 100 for table in ("lines", "spans", "scrapes"))


@pytest.mark.parametrize("size", [0, 10, 100, 3000])
def test_the_bytes_that_are_booked_are_near_those_of_the_file(tmp_path: Path, size: int) -> None:
    rows = {
        stores.LINES: lines(2000, size),
        stores.SPANS: spans(2000, size),
        stores.SCRAPES: scrapes(2000, size),
    }
    for table, added in rows.items():
        path = tmp_path / f"{table.name}.sqlite"
        store = stores.Store(path, stores.Bounds())
        store.write(lambda writing, table=table, added=added: writing.add(table, added))
        store.close()
        booked = sum(sizes(path).values())
        assert 0.5 < booked / path.stat().st_size < 1.5, table.name


def test_a_burst_of_one_signal_leaves_the_others_alone(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    store = stores.Store(path, SMALL)
    store.write(lambda writing: writing.add(stores.LINES, lines(100)))
    store.write(lambda writing: writing.add(stores.SPANS, spans(20_000, 200)))
    store.close()
    assert count(path, "lines") == 100
    assert 0 < count(path, "spans") < 20_000


def test_the_file_of_logs_alone_is_taken_over_with_its_lines(tmp_path: Path) -> None:
    old = tmp_path / "logs.sqlite"
    with sqlite3.connect(old) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(OLD_SCHEMA)
        database.executemany("INSERT INTO lines (time, part, stream, text) VALUES (?, ?, ?, ?)", lines(3))
    database.close()
    path = tmp_path / "telemetry.sqlite"
    assert count(path, "lines") == 3, "a reader finds it under its old name too"
    store = stores.Store(path, SMALL)
    store.write(lambda writing: writing.add(stores.LINES, lines(1)))
    store.close()
    assert not old.exists()
    assert count(path, "lines") == 4
    assert sizes(path)["logs"] == 4 * (10 + 50)


def test_an_old_file_that_is_no_database_is_taken_over_and_set_aside(tmp_path: Path) -> None:
    (tmp_path / "logs.sqlite").write_text("something else" * 100)
    store = stores.Store(tmp_path / "telemetry.sqlite", SMALL)
    store.write(lambda writing: writing.add(stores.LINES, lines(1)))
    store.close()
    assert count(tmp_path / "telemetry.sqlite", "lines") == 1


def test_the_file_of_a_later_seatrial_is_set_aside_by_a_writer_and_left_alone_by_a_reader(
    tmp_path: Path,
) -> None:
    path = tmp_path / "telemetry.sqlite"
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {stores.VERSION + 1}")
    database.close()
    with pytest.raises(errors.MissingError, match="was written by a later Seatrial"), stores.reading(path):
        pass
    store = stores.Store(path, SMALL)
    assert "a later Seatrial wrote it, in form 2" in store.notice
    store.write(lambda writing: writing.add(stores.LINES, lines(1)))
    store.close()
    assert (tmp_path / "telemetry.aside.sqlite").exists()
    assert count(path, "lines") == 1


def test_a_file_that_breaks_while_it_is_used_is_set_aside_and_a_new_one_is_begun(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    store = stores.Store(path, stores.Bounds())
    other = stores.Store(path, stores.Bounds())
    store.write(lambda writing: writing.add(stores.LINES, lines(5000, 100)))
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    broken = bytearray(path.read_bytes())
    broken[4096:] = b"\xff" * (len(broken) - 4096)
    path.write_bytes(broken)
    with pytest.raises(sqlite3.DatabaseError, match="malformed"):
        store.write(lambda writing: writing.add(stores.LINES, lines(5000)))
    store.write(lambda writing: writing.add(stores.LINES, lines(1)))
    other.write(lambda writing: writing.add(stores.SPANS, spans(1)))
    store.close()
    other.close()
    assert "malformed" in store.notice
    assert (count(path, "lines"), count(path, "spans")) == (1, 1)


def test_a_write_that_fails_leaves_nothing_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    store = stores.Store(path, SMALL)

    def fail(writing: stores.Writing) -> None:
        writing.add(stores.LINES, lines(1))
        writing.add(stores.SPANS, [("too", "few")])

    with pytest.raises(sqlite3.Error):
        store.write(fail)
    store.close()
    assert count(path, "lines") == 0
    assert sizes(path)["logs"] == 0


def test_a_folder_that_cannot_hold_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        errors.MissingError, match="cannot be used for telemetry: unable to open database file"
    ):
        stores.Store(tmp_path / "missing" / "telemetry.sqlite", SMALL)


def test_where_there_is_no_file_there_is_nothing_to_read(tmp_path: Path) -> None:
    with stores.reading(tmp_path / "telemetry.sqlite") as database:
        assert database is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_older_than_the_page_keeps_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.sqlite"
    store = stores.Store(path, SMALL)
    store.write(
        lambda writing: writing.add(stores.LINES, [(1.0, "a", "out", "old"), (9.0, "a", "out", "new")])
    )
    store.write(lambda writing: writing.add(stores.SPANS, spans(1)))
    store.write(lambda writing: writing.add(stores.SCRAPES, scrapes(1)))
    store.write(lambda writing: writing.add(stores.LAYOUTS, [("api", b"unused")]))
    store.write(stores.forgetting(5.0))
    store.close()
    assert [count(path, table) for table in ("lines", "spans", "scrapes", "layouts")] == [1, 0, 0, 0]
    assert sizes(path) == {"logs": 3 + 50, "spans": 0, "metrics": 0}
