"""Each mask: what it takes, what it must leave, and that no text makes it slow."""

import time

import pytest
from gekb import grouping
from gekb.grouping import masks, texts

TAKEN = {
    "time": [
        ("at 2026-11-20T16:20:01.123Z", "at <time>"),
        ("at 2026-11-20 16:20:01,123 +0100 went", "at <time> went"),
        ("2026/11/20 16:20:01 panic", "<time> panic"),
        ("at Sat Jul 9 12:16:49 2005", "at <time>"),
        ("expired on Mon, 02 Jan 2006 15:04:05 GMT", "expired on <time>"),
        ("[02/Jan/2006:15:04:05 +0000] refused", "[<time>] refused"),
        ("it is 12:30:45 now", "it is <time> now"),
    ],
    "uuid": [("no row 3f786850-e387-550f-dab8-36ed7e6dc881", "no row <uuid>")],
    "mac": [("no carrier on 02:42:ac:11:00:02", "no carrier on <mac>")],
    "url": [
        ("GET https://example.org/a/17?x=1 failed", "GET https://<url> failed"),
        ("no route to postgres://u:p@db:5432/app.", "no route to postgres://<url>."),
    ],
    "email": [("mail to ann.lee+x@mail.example.org bounced", "mail to <email> bounced")],
    "ipv6": [
        ("connect ECONNREFUSED ::1:5432", "connect ECONNREFUSED <ip>"),
        ("dial [2001:db8::7]:443: refused", "dial <ip>: refused"),
    ],
    "ipv4": [("connect 127.0.0.1:5432 and 10.0.0.0/8", "connect <ip> and <ip>")],
    "address": [("<Foo object at 0x7f12ab> vs 0X1F", "<Foo object at <hex>> vs <hex>")],
    "duration": [
        ("timed out after 30 seconds", "timed out after <duration>"),
        ("timed out after 1m30.5s", "timed out after <duration>"),
        ("took 900ms", "took <duration>"),
    ],
    "size": [("needs 1.5 GiB, has 900MB of 12 bytes", "needs <size>, has <size> of <size>")],
    "pod": [("pod api-7d9f8b6c5-x2x4z evicted", "pod api-<pod> evicted")],
    "hash": [
        ("bad object 3f786850e387550fdab836ed7e6dc881de23001b", "bad object <hash>"),
        ("sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d missing", "sha256:<hash> missing"),
        ("could not apply 1a2b3c4... fix", "could not apply <hash>... fix"),
    ],
    "temporary": [("cannot open tmpx8fj3k2a", "cannot open <tmp>"), ("rm tmp.Xa8Yz91Qwe", "rm <tmp>")],
    "path": [
        ("open /srv/app/data/users.csv: denied", "open <path.csv>: denied"),
        ("open '/srv/my app/users.csv': denied", "open '<path.csv>': denied"),
        ("/srv/app/src/main.py:12:5: error: bad", "<path.py>: error: bad"),
        ("cd: ../build: no such folder", "cd: <path>: no such folder"),
        ("no /srv/app/package.json here", "no package.json here"),
        ("C:\\Program Files\\app\\x.py: denied", "<path.py>: denied"),
        ("in /srv/app/main.py.", "in <path.py>."),
    ],
    "file": [
        ("src/app/main.ts(12,5): error TS2304", "<path.ts>: error TS2304"),
        ("main.c:4:5: error: bad", "<path.c>: error: bad"),
        ("0001_initial.py is empty", "<path.py> is empty"),
        ("Makefile:3: *** missing separator", "Makefile: *** missing separator"),
    ],
    "place": [("Unexpected token at 12:5", "Unexpected token at <place>")],
    "number": [
        ("-1 of 1,234,567 and 3.5e-07", "<n> of <n> and <n>"),
        ("needs >=3.12 or v18.17.0 or 2.0.0rc1", "needs >=<n> or <n> or <n>"),
        ("port 5432, pid 17", "port <n>, pid <n>"),
        ("blk_-17 (12)-3", "blk_<n> (<n>)-<n>"),
    ],
    "word": [
        ("component17 of worker_3", "component<n> of worker_<n>"),
        ("token V1StGXR8Z5jdHi6BmyT0 expired", "token <id> expired"),
    ],
}
LEFT = [
    "No module named 'requests'",
    "Cannot find module '@babel/core'",
    "no required module provides package github.com/nats-io/nats.go",
    "Request failed with status code 404",
    "HTTP/1.1 502 Bad Gateway",
    "exit status 137",
    "[Errno 13] Permission denied",
    "error TS2304: Cannot find name",
    "E0382: borrow of moved value",
    "CVE-2024-12345 and ORA-00942",
    "cannot use int32 as float64",
    "No module named 'psycopg2'",
    "'utf-8' codec, sha256, x86_64",
    "fatal error: openssl/ssl.h: No such file",
    "Cannot GET /api/users",
    "Expected closing tag for </div>",
    "self.log is not a function",
    "response.json() is not awaited",
    "Node.js cannot read and/or write",
    "use of std::vector is ambiguous",
    "ENOENT: package.json",
]
# Each drives one branch as far as it goes before it fails; the first two were quadratic while this was
# written.
_ADVERSARIAL = """
    1. 1.1 a. a/ / 1, a- a_ '/ \\C:\\ :: 1: f: https:// a@ @a. A1 1m x/y. (1, aaaaaaaa-aaaa- a+b \x1b] \x1b]a
    é1
"""
ADVERSARIAL = [*_ADVERSARIAL.split(), "Mon, ", "1 Jan ", "http error ", "C:\\a b"]


@pytest.mark.parametrize(
    ("name", "text", "masked"), [(name, *case) for name, cases in TAKEN.items() for case in cases]
)
def test_a_mask_takes_what_changes(name: str, text: str, masked: str) -> None:
    found, fired = masks.apply(text)
    assert found == masked
    assert fired[name] >= 1


@pytest.mark.parametrize("text", LEFT)
def test_what_tells_errors_apart_is_left(text: str) -> None:
    assert masks.apply(text)[0] == text


def test_every_mask_has_a_reason_and_a_case() -> None:
    stays = {mask.name for mask in masks.MASKS if mask.why.startswith("stays")}
    assert {mask.name for mask in masks.MASKS} - stays == set(TAKEN)
    assert all(mask.why for mask in masks.MASKS)


@pytest.mark.parametrize("seed", ADVERSARIAL)
def test_the_time_grows_with_the_length_and_not_with_its_square(seed: str) -> None:
    text = seed * (200_000 // len(seed))
    started = time.process_time()
    masks.apply(texts.plain(text))
    # Measured: up to 0.25 s on one core; the quadratic branches took 3 to 6 s.
    assert time.process_time() - started < 2.5


def test_a_megabyte_of_everything_takes_seconds_unbounded_and_no_time_behind_the_bound() -> None:
    text = "".join(seed * (1_000_000 // len(ADVERSARIAL) // len(seed)) for seed in ADVERSARIAL)
    started = time.process_time()
    masks.apply(texts.plain(text))
    unbounded = time.process_time()
    grouping.decide(text, text, [text] * 1000)
    # Measured: 0.6 s and 0.05 s on one core.
    assert unbounded - started < 6
    assert time.process_time() - unbounded < 0.5


@pytest.mark.parametrize(
    "printed",
    [
        "\x1b[1;31merror\x1b[0m: use of \u2018x\u2019",
        "error:  use of 'x'\n",
        "\x1b]8;;https://example.org\x1b\\error\x1b]8;;\x07: use of\t'x'",
    ],
)
def test_colours_links_spaces_and_curved_quotes_do_not_matter(printed: str) -> None:
    assert texts.plain(printed) == "error: use of 'x'"
