"""Recordings hold no key, however it is written, and are never torn."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from seatrial.gateway.recordings import Library, Recording
from seatrial.gateway.requests import Call

KEY = 'sk-"the"-key\\of-ours'


def library(folder: Path) -> Library:
    return Library(folder=folder, bytes_max=2**30, secrets=(KEY,))


def asking(text: str, **more: object) -> Call:
    body = {"model": "writer", "messages": [{"role": "user", "content": text}]} | more
    return Call(path="chat/completions", model="writer", body=body)


def delta(text: str, index: int = 0, **more: object) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": {"content": text} | more}]}


def called(text: str, index: int) -> dict[str, Any]:
    return {"choices": [{"delta": {"tool_calls": [{"index": index, "function": {"arguments": text}}]}}]}


def streamed(*events: object) -> Recording:
    return Recording(streamed=True, pieces=tuple(json.dumps(one) for one in events))


ANSWER = Recording(streamed=False, pieces=(json.dumps({"choices": [{"message": {"content": "well"}}]}),))
STREAMS = [
    streamed(delta(KEY)),
    streamed(delta(KEY[:5]), delta(KEY[5:9]), {"choices": []}, delta(KEY[9:])),
    streamed(delta(KEY[:5]), delta("other", 1), delta(KEY[5:])),
    streamed(called(KEY[:5], 0), called("other", 1), called(KEY[5:], 0)),
]


@pytest.mark.parametrize("call", [asking(KEY), asking("x", metadata_of=[KEY]), asking("x", **{KEY: 1})])
def test_a_request_in_which_a_key_stands_is_not_kept_however_json_writes_it(
    tmp_path: Path, call: Call
) -> None:
    assert library(tmp_path).keep(call, ANSWER) == "secret"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("recording", STREAMS)
def test_a_key_in_pieces_of_a_stream_is_not_kept(tmp_path: Path, recording: Recording) -> None:
    assert library(tmp_path).keep(asking("hello", stream=True), recording) == "secret"
    assert library(tmp_path).keep(asking("hello"), ANSWER) == ""


def test_an_answer_too_deep_to_be_searched_is_not_kept(tmp_path: Path) -> None:
    deep = Recording(streamed=False, pieces=('{"choices": ' + "[" * 2000 + "]" * 2000 + "}",))
    assert library(tmp_path).keep(asking("hello"), deep) == "too_deep"


def test_equal_requests_at_once_leave_one_whole_recording_and_nothing_beside_it(tmp_path: Path) -> None:
    kept = library(tmp_path)
    answers = [
        Recording(streamed=False, pieces=(json.dumps({"n": "x" * 300_000 + str(n)}),)) for n in range(6)
    ]
    call = asking("hello")
    kept.keep(call, answers[0])
    with ThreadPoolExecutor() as pool:
        whys = [pool.submit(kept.keep, call, answers[n % 6]) for n in range(120)]
        found = [pool.submit(kept.find, call) for _ in range(120)]
    assert {one.result() for one in whys} == {""}
    assert all(one.result() in answers for one in found)
    assert len(list(tmp_path.iterdir())) == 1
