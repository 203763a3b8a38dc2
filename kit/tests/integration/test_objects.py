"""Objects in a directory and in an S3: the same tests for both, and what only one of them can do wrong."""

import asyncio
import dataclasses
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from obstore import store as stores
from seatrial_kit import errors, objects
from seatrial_kit.objects import content_types, names

from kit.tests import pages
from kit.tests.buckets import BUCKET, Contents, bucket_server

LIMITS = objects.Limits(size_bytes_max=20_000_000, seconds=5, retries=1)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Contents]:
    with bucket_server() as (address, contents):
        credentials = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "here"}
        for name, value in {"AWS_ENDPOINT_URL": address, **credentials}.items():
            monkeypatch.setenv(name, value)
        yield contents


@pytest.fixture(params=["directory", "s3"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> objects.Bucket:
    if request.param == "s3":
        request.getfixturevalue("s3")
        return objects.Bucket(f"s3://{BUCKET}", limits=LIMITS)
    return objects.Bucket((tmp_path / "not" / "there" / "yet").as_uri(), limits=LIMITS)


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_what_was_put_is_got_with_its_content_type(bucket: objects.Bucket) -> None:
    await bucket.put("a/one.txt", b"hello", content_type="text/markdown; charset=utf-8")
    await bucket.put("a/two.txt", b"")
    found, empty = await bucket.get("a/one.txt"), await bucket.get("a/two.txt")
    assert (found.content, found.content_type) == (b"hello", "text/markdown; charset=utf-8")
    assert (empty.content, empty.content_type) == (b"", "application/octet-stream")
    assert found.modified.tzinfo is not None


async def test_a_new_object_takes_the_place_of_the_old_one_and_of_its_type(bucket: objects.Bucket) -> None:
    await bucket.put("k", b"old", content_type="text/plain")
    await bucket.put("k", b"new", content_type="image/png")
    found = await bucket.get("k")
    assert (found.content, found.content_type) == (b"new", "image/png")


async def test_of_many_that_create_the_same_object_one_wins(bucket: objects.Bucket) -> None:
    tries = (bucket.put("k", b"%d" % number, create_only=True) for number in range(8))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    winners = [number for number, outcome in enumerate(outcomes) if outcome is None]
    assert len(winners) == 1
    assert all(isinstance(outcome, errors.Conflict) for outcome in outcomes if outcome is not None)
    assert (await bucket.get("k")).content == b"%d" % winners[0]


@pytest.mark.parametrize("create_only", [False, True])
async def test_a_large_object_goes_in_and_out_piece_by_piece(
    bucket: objects.Bucket, *, create_only: bool
) -> None:
    chunks = [bytes([number]) * 3_000_000 for number in range(5)]
    await bucket.put("big", pieces(*chunks), content_type="video/mp4", create_only=create_only)
    stream = await bucket.stream("big")
    assert (stream.size_bytes, stream.content_type) == (15_000_000, "video/mp4")
    got = [chunk async for chunk in stream.chunks]
    assert len(got) > 5
    assert b"".join(got) == b"".join(chunks)


async def test_what_is_too_large_is_refused_and_leaves_nothing(bucket: objects.Bucket) -> None:
    for content in (b"x" * 20_000_001, pieces(b"x" * 15_000_000, b"x" * 15_000_000)):
        with pytest.raises(errors.ContentTooLarge):
            await bucket.put("k", content)
    assert await bucket.page() == []
    with pytest.raises(errors.NotFound, match="k"):
        await bucket.get("k")


async def test_an_object_larger_than_memory_may_hold_is_for_streams_alone(bucket: objects.Bucket) -> None:
    await bucket.put("k", b"x" * 2000)
    bucket._limits = dataclasses.replace(LIMITS, size_bytes_max=1000)
    with pytest.raises(errors.ContentTooLarge, match="stream"):
        await bucket.get("k")
    assert b"".join([chunk async for chunk in (await bucket.stream("k")).chunks]) == b"x" * 2000


async def test_a_source_that_fails_leaves_the_old_object(bucket: objects.Bucket) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"x" * 6_000_000
        raise ZeroDivisionError

    await bucket.put("k", b"old")
    with pytest.raises(ZeroDivisionError):
        await bucket.put("k", failing())
    assert (await bucket.get("k")).content == b"old"


async def test_objects_are_listed_by_key_folder_and_page(bucket: objects.Bucket) -> None:
    for key in ("b/2", "b/10", "a", "b/c/3", "bc"):
        await bucket.put(key, b"12", content_type="text/plain")
    assert [listed.key for listed in await bucket.page()] == ["a", "b/10", "b/2", "b/c/3", "bc"]
    assert [listed.key for listed in await bucket.page("b")] == ["b/10", "b/2", "b/c/3"]
    first = await bucket.page(limit=2)
    assert [listed.key for listed in first] == ["a", "b/10"]
    rest = await bucket.page(after=first[-1].key, limit=2)
    assert [(listed.key, listed.size_bytes) for listed in rest] == [("b/2", 2), ("b/c/3", 2)]
    assert await bucket.page("nowhere") == []


async def test_what_is_deleted_is_gone_and_may_be_deleted_again(bucket: objects.Bucket) -> None:
    await bucket.put("k", b"x", content_type="text/plain")
    await bucket.delete("k")
    await bucket.delete("k")
    assert await bucket.page() == []
    await bucket.put("k", b"x")
    assert (await bucket.get("k")).content_type == "application/octet-stream"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/a",
        "a/",
        "a//b",
        "../a",
        "a/../b",
        "a/./b",
        ".content-types/a",
        "a\\b",
        "a\0",
        "ä",
        "a#1",
        "x" * 901,
    ],
)
async def test_a_key_that_leads_elsewhere_is_refused_by_every_method(
    bucket: objects.Bucket, key: str
) -> None:
    calls = [bucket.put(key, b"x"), bucket.get(key), bucket.stream(key), bucket.delete(key)]
    for call in [*calls, *([bucket.page(key)] if key else [])]:
        with pytest.raises(errors.InvalidRequest):
            await call
    assert not names.is_key(key)


@pytest.mark.parametrize("kind", ["", "text", "text/plain\r\nX: y", "a/" + "b" * 200])
async def test_a_content_type_that_is_none_is_refused(bucket: objects.Bucket, kind: str) -> None:
    with pytest.raises(errors.InvalidRequest):
        await bucket.put("k", b"x", content_type=kind)


async def test_a_directory_says_when_a_key_would_have_to_be_a_folder_too(tmp_path: Path) -> None:
    bucket = objects.Bucket(tmp_path.as_uri())
    await bucket.put("a/b", b"x")
    for key in ("a", "a/b/c"):
        with pytest.raises(errors.Conflict, match="directory"):
            await bucket.put(key, b"x")


async def test_a_key_may_be_what_was_a_folder_until_its_last_object_was_deleted(tmp_path: Path) -> None:
    bucket = objects.Bucket(tmp_path.as_uri())
    await bucket.put("a/b/c", b"x", content_type="text/plain")
    await bucket.delete("a/b/c")
    await bucket.put("a", b"y", content_type="text/html")
    assert (await bucket.get("a")).content_type == "text/html"


async def test_whoever_of_several_writes_last_leaves_its_own_content_type(tmp_path: Path) -> None:
    one, other = (objects.Bucket(tmp_path.as_uri()) for _ in range(2))
    for _ in range(100):
        await asyncio.gather(
            one.put("k", b"<p>", content_type="text/html"), other.put("k", b"PNG", content_type="image/png")
        )
        found = await one.get("k")
        assert (found.content, found.content_type) in {(b"<p>", "text/html"), (b"PNG", "image/png")}


async def test_who_deletes_beside_a_writer_takes_no_content_type_from_it(tmp_path: Path) -> None:
    bucket = objects.Bucket(tmp_path.as_uri())
    for _ in range(100):
        await bucket.put("k", b"old", content_type="text/plain")
        await asyncio.gather(bucket.delete("k"), bucket.put("k", b"PNG", content_type="image/png"))
        if await bucket.page():
            assert (await bucket.get("k")).content_type == "image/png"


async def test_folders_that_go_and_come_fail_no_writer(tmp_path: Path) -> None:
    bucket = objects.Bucket(tmp_path.as_uri())
    for _ in range(50):
        await bucket.put("a/b/1", b"x")
        await asyncio.gather(bucket.delete("a/b/1"), bucket.put("a/b/2", b"x"))
        await asyncio.gather(bucket.delete("a/b/2"), bucket.put("a/b/1", b"x"))


async def test_a_writer_that_stands_still_holds_up_another_for_its_time_alone(tmp_path: Path) -> None:
    bucket = objects.Bucket(tmp_path.as_uri(), limits=dataclasses.replace(LIMITS, seconds=0.1))
    turn = content_types.Folder(stores.LocalStore(tmp_path), turn_seconds=1).turn("k")
    with turn, pytest.raises(errors.Unavailable, match="did not answer"):
        await bucket.put("k", b"x")
    await bucket.put("k", b"x")


async def test_files_put_there_by_hand_have_the_type_of_their_ending(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>")
    (tmp_path / ".hidden").write_text("x")
    bucket = objects.Bucket(tmp_path.as_uri())
    assert (await bucket.get("page.html")).content_type == "text/html"
    assert [listed.key for listed in await bucket.page()] == ["page.html"]


WRITER = """
import asyncio, sys
from seatrial_kit import objects

async def main():
    bucket = objects.Bucket(sys.argv[1])
    while True:
        for letter in b"ab":
            await bucket.put("k", bytes([letter]) * 8_000_000)
            print("put", flush=True)

asyncio.run(main())
"""


async def test_a_writer_that_is_killed_again_and_again_leaves_whole_objects(tmp_path: Path) -> None:
    bucket = objects.Bucket(tmp_path.as_uri())
    for number in range(10):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path.as_uri()], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"put\n"
        await asyncio.sleep(0.003 * number)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait(10)
        writer.stdout.close()
        content = (await bucket.get("k")).content
        assert len(content) == 8_000_000 and len(set(content)) == 1
        assert [listed.key for listed in await bucket.page()] == ["k"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, errors.Unavailable), (503, errors.Unavailable), (401, errors.Refused), (403, errors.Refused)],
)
async def test_what_a_bucket_answers_becomes_an_error_of_ours(
    s3: Contents, status: int, kind: type[errors.Problem]
) -> None:
    bucket = objects.Bucket(f"s3://{BUCKET}", limits=LIMITS)
    s3.status = status
    for call in (bucket.put("k", b"x"), bucket.get("k"), bucket.page(), bucket.delete("k"), bucket.check()):
        with pytest.raises(kind):
            await call
    assert s3.asked <= 10  # each once, and once again where that may help


async def test_a_bucket_that_is_not_there_is_no_missing_object(s3: Contents) -> None:
    bucket = objects.Bucket("s3://elsewhere", limits=LIMITS)
    for call in (bucket.put("k", b"x"), bucket.get("k"), bucket.page()):
        with pytest.raises(errors.Refused):
            await call
    assert s3.objects == {}


async def test_a_bucket_that_hangs_is_given_up(s3: Contents) -> None:
    s3.delay_seconds = 0.5
    bucket = objects.Bucket(f"s3://{BUCKET}", limits=dataclasses.replace(LIMITS, seconds=0.1))
    for call in (bucket.get("k"), bucket.put("k", b"x"), bucket.page()):
        with pytest.raises(errors.Unavailable):
            await call


GIVES_UP = """
import asyncio
from seatrial_kit import objects

async def main():
    try:
        await asyncio.wait_for(objects.Bucket("s3://media").get("k"), 0.5)
    except TimeoutError:
        print("given up")

asyncio.run(main())
"""


def test_a_bucket_that_hangs_keeps_no_process_from_its_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and says nothing
        credentials = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "here"}
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        environment = {**os.environ, **credentials, "AWS_ENDPOINT_URL": address}
        command = [sys.executable, "-W", "error", "-c", GIVES_UP]
        limit = objects.Limits().seconds / 2
        done = subprocess.run(command, env=environment, capture_output=True, timeout=limit, check=True)
    assert (done.stdout, done.stderr) == (b"given up\n", b"")


async def test_a_body_that_ends_early_is_never_a_whole_object(s3: Contents) -> None:
    bucket = objects.Bucket(f"s3://{BUCKET}", limits=LIMITS)
    await bucket.put("k", b"x" * 100_000)
    s3.cut = True
    with pytest.raises(errors.Unavailable):
        await bucket.get("k")


async def test_a_listing_that_comes_in_pages_is_read_to_its_end(s3: Contents) -> None:
    bucket = objects.Bucket(f"s3://{BUCKET}", limits=LIMITS)
    s3.objects = {f"k{number:03}": (b"x", "") for number in range(25)}
    s3.page = 10
    assert [listed.key for listed in await bucket.page()] == sorted(s3.objects)


@pytest.mark.parametrize("url", ["ftp://x", "", "media", "http://x/y"])
def test_an_address_of_another_scheme_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="file, s3, gs, az"):
        objects.Bucket(url)


def test_the_program_of_the_page_works_on_a_directory_and_on_s3(s3: Contents, tmp_path: Path) -> None:
    directory = pages.run("objects", {"MEDIA_URL": tmp_path.as_uri()})
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    assert directory == pages.run("objects", {"MEDIA_URL": f"s3://{BUCKET}", **aws})
    assert "application/pdf 8" in directory
    assert s3.objects == {}
