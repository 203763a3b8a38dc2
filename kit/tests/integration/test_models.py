"""The model client against an endpoint that speaks the protocol, well and badly."""

import asyncio
import gzip
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
from seatrial_kit import errors, models
from seatrial_kit.models import bounds

from kit.tests import pages
from kit.tests.engines import free_port
from kit.tests.providers import Script, chunk, provider

ASKED = [models.Message(role="user", text="hello")]
LIMITS = models.Limits(seconds=5, tries=2)


class Fact(msgspec.Struct):
    name: str
    year: int
    note: str | None = None


@pytest.fixture
def served() -> Iterator[tuple[str, Script]]:
    with provider() as found:
        yield found


@pytest.fixture
def script(served: tuple[str, Script]) -> Script:
    return served[1]


@pytest.fixture
async def model(served: tuple[str, Script]) -> AsyncIterator[models.Model]:
    made = connect(served[0])
    yield made
    await made.close()


def connect(url: str, limits: models.Limits = LIMITS) -> models.Model:
    return models.Model(models.Endpoint(url=url, key="secret", model="writer"), limits=limits)


def error(code: str) -> dict[str, Any]:
    return {"error": {"message": "because", "type": "gateway", "code": code}}


async def pieces(model: models.Model) -> list[str]:
    return [piece async for piece in model.stream(ASKED, tokens_max=10)]


async def test_a_text_comes_with_what_it_used(model: models.Model, script: Script) -> None:
    script.say_text("Hello, you")
    assert await model.text(ASKED, tokens_max=10) == models.Text(
        text="Hello, you", whole=True, usage=models.Usage(sent=3, received=4)
    )
    (asked,) = script.asked
    assert (asked["path"], asked["model"], asked["max_tokens"]) == ("/v1/chat/completions", "writer", 10)
    assert asked["messages"] == [{"role": "user", "content": "hello"}]
    assert script.keys == ["Bearer secret"]


async def test_a_text_that_was_cut_and_an_endpoint_that_does_not_count(
    model: models.Model, script: Script
) -> None:
    script.say_text("Hel", finish="length", usage=False)
    assert await model.text(ASKED, tokens_max=1) == models.Text(text="Hel", whole=False, usage=None)


async def test_without_an_address_there_is_no_model_and_that_is_an_ordinary_outcome() -> None:
    model = models.Model(models.read({}, "writer"))
    for call in (model.text(ASKED, tokens_max=1), model.vectors(["a"]), pieces(model)):
        with pytest.raises(errors.NoModelError):
            await call
    await model.close()


def test_an_endpoint_is_read_by_the_pages_name_and_hides_its_key() -> None:
    variables = {"MY_WRITER_URL": "http://x/v1", "MY_WRITER_KEY": "secret", "MY_WRITER_MODEL": "my-writer"}
    endpoint = models.read(variables, "my-writer")
    assert (endpoint.url, endpoint.key, endpoint.model) == ("http://x/v1", "secret", "my-writer")
    assert "secret" not in repr(endpoint)


@pytest.mark.parametrize(
    ("status", "body", "kind", "asked"),
    [
        (503, error("no_model"), errors.NoModelError, 1),
        (402, error("budget_exhausted"), errors.BudgetSpentError, 1),
        (429, error("budget_exhausted"), errors.BudgetSpentError, 1),
        (429, error("insufficient_quota"), errors.BudgetSpentError, 1),
        (429, error("rate_limit_exceeded"), errors.Unavailable, 2),
        (500, error("x"), errors.Unavailable, 2),
        (502, b"<html>bad gateway</html>", errors.Unavailable, 2),
        (503, [1], errors.Unavailable, 2),
        (408, {}, errors.Unavailable, 2),
        (400, error("x"), errors.Refused, 1),
        (401, error("x"), errors.Refused, 1),
        (403, b"", errors.Refused, 1),
        (404, {"detail": "no such model"}, errors.Refused, 1),
    ],
)
async def test_what_an_endpoint_says_becomes_an_error_of_ours_and_is_tried_again_only_where_that_helps(
    model: models.Model, script: Script, status: int, body: object, kind: type[errors.Problem], asked: int
) -> None:
    script.say(body, status)
    with pytest.raises(kind):
        await model.text(ASKED, tokens_max=1)
    assert len(script.asked) == asked


async def test_a_busy_endpoint_is_asked_again_after_the_time_it_names(
    model: models.Model, script: Script
) -> None:
    script.say(error("x"), 429, Retry_After="0")
    script.say_text("at last")
    assert (await model.text(ASKED, tokens_max=1)).text == "at last"


async def test_money_that_is_only_reserved_is_waited_for(model: models.Model, script: Script) -> None:
    script.say(error("budget_exhausted"), 402, Retry_After="0")
    script.say_text("at last")
    assert (await model.text(ASKED, tokens_max=1)).text == "at last"


async def test_an_endpoint_that_asks_for_an_hour_is_not_waited_for(
    model: models.Model, script: Script
) -> None:
    script.say(error("x"), 429, Retry_After="3600")
    with pytest.raises(errors.Unavailable) as raised:
        await model.text(ASKED, tokens_max=1)
    assert raised.value.headers["Retry-After"] == "3600"
    assert len(script.asked) == 1


async def test_a_body_that_is_cut_is_asked_for_again(model: models.Model, script: Script) -> None:
    script.say(b'{"choices": [', Content_Length="1000")
    script.say_text("whole")
    assert (await model.text(ASKED, tokens_max=1)).text == "whole"


@pytest.mark.parametrize(
    "body",
    [
        b"<html>welcome</html>",
        b"",
        b'{"choices": [',
        b"\xff\xfe",
        b"[" * 100_000,
        rb'{"choices": [{"message": {"content": "half a ship \ud83d"}}]}',
        [],
        {},
        {"choices": []},
        {"choices": [{"message": {"content": None}}]},
        {"choices": [{"message": {"content": 5}}]},
        {"choices": [{"message": "text"}]},
    ],
    ids=lambda body: repr(body)[:40],
)
async def test_an_answer_that_is_none_is_named_malformed(
    model: models.Model, script: Script, body: object
) -> None:
    script.say(body)
    with pytest.raises(errors.MalformedAnswer):
        await model.text(ASKED, tokens_max=1)


async def test_a_model_that_declines_is_not_asked_again(model: models.Model, script: Script) -> None:
    script.say({"choices": [{"message": {"content": None, "refusal": "I will not"}}]})
    with pytest.raises(errors.Refused, match="I will not"):
        await model.shaped(ASKED, Fact, tokens_max=1)
    assert len(script.asked) == 1


async def test_an_endpoint_that_is_slow_or_away_is_given_up(served: tuple[str, Script]) -> None:
    url, script = served
    script.say_text("too late")
    script.delay_seconds = 0.5
    slow = connect(url, models.Limits(seconds=0.2, tries=5))
    away = connect(f"http://127.0.0.1:{free_port()}/v1")
    for model in (slow, away):
        with pytest.raises(errors.Unavailable):
            await model.text(ASKED, tokens_max=1)
        await model.close()


async def test_a_stream_gives_its_pieces(model: models.Model, script: Script) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}
    script.say_stream(chunk("Hel"), chunk("lo"), chunk("", "stop"), usage, "[DONE]")
    assert await pieces(model) == ["Hel", "lo"]
    assert script.asked[0]["stream"] is True


@pytest.mark.parametrize(
    ("events", "headers", "kind"),
    [
        ([chunk("Hel")], {}, errors.Unavailable),
        ([chunk("Hel"), "[DONE]"], {}, errors.Unavailable),
        ([chunk("Hel")], {"Content_Length": "9000"}, errors.Unavailable),
        ([chunk("Hel"), error("x")], {}, errors.Unavailable),
        ([chunk("Hel"), error("budget_exhausted")], {}, errors.BudgetSpentError),
        ([chunk("Hel"), "{nope"], {}, errors.MalformedAnswer),
        ([chunk("Hel"), "[" * 100_000], {}, errors.MalformedAnswer),
        ([chunk("Hel"), "3"], {}, errors.MalformedAnswer),
        ([chunk("Hel"), {"choices": "x"}], {}, errors.MalformedAnswer),
    ],
)
async def test_a_stream_that_goes_wrong_never_looks_whole(
    model: models.Model,
    script: Script,
    events: list[object],
    headers: dict[str, str],
    kind: type[errors.Problem],
) -> None:
    script.say_stream(*events, **headers)
    stream = model.stream(ASKED, tokens_max=10)
    assert await anext(stream) == "Hel"
    with pytest.raises(kind):
        await anext(stream)
    assert len(script.asked) == 1


async def test_a_stream_ends_with_its_time_though_pieces_keep_coming(served: tuple[str, Script]) -> None:
    url, script = served
    script.say_stream(*[chunk("x")] * 100_000, chunk("", "stop"))
    model = connect(url, models.Limits(stream_seconds=0.1))
    stream = model.stream(ASKED, tokens_max=10)
    assert await anext(stream) == "x"
    await asyncio.sleep(0.1)
    with pytest.raises(errors.Unavailable, match=r"0\.1 s"):
        await anext(stream)
    await model.close()


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_beyond_the_bound_is_not_read_to_its_end(
    model: models.Model, script: Script, status: int, *, stream: bool
) -> None:
    script.say(b" " * (bounds.ANSWER_BYTES_MAX + 1), status)
    with pytest.raises(errors.MalformedAnswer, match="more than"):
        await (pieces(model) if stream else model.text(ASKED, tokens_max=1))
    assert len(script.asked) == 1


async def test_an_answer_that_comes_compressed_is_not_unpacked(model: models.Model, script: Script) -> None:
    script.say(gzip.compress(b" " * 1_000_000), Content_Encoding="gzip")
    with pytest.raises(errors.MalformedAnswer, match="gzip"):
        await model.text(ASKED, tokens_max=1)
    assert len(script.asked) == 1


async def test_a_stream_is_tried_again_before_its_first_piece(model: models.Model, script: Script) -> None:
    script.say({}, 503)
    script.say_stream(chunk("Hello"), chunk("", "stop"))
    assert await pieces(model) == ["Hello"]


@pytest.mark.parametrize("fence", ["{}", "```json\n{}\n```", "```\n{}```\n"])
async def test_an_answer_of_a_given_shape_is_that_value(
    model: models.Model, script: Script, fence: str
) -> None:
    script.say_text(fence.replace("{}", '{"name": "Ada", "year": 1815}'))
    shaped = await model.shaped(ASKED, Fact, tokens_max=99)
    assert (shaped.value, shaped.rounds) == (Fact(name="Ada", year=1815), 1)
    wanted = script.asked[0]["response_format"]["json_schema"]
    assert wanted["name"] == "Fact"
    assert wanted["schema"]["type"] == "object" and wanted["schema"]["required"] == ["name", "year"]


@pytest.mark.parametrize(
    "wrong",
    ["I think it was Ada", '{"name": "Ada"}', '{"name": 1, "year": 2}', "", '{"deep": ' + "[" * 5000],
    ids=lambda text: text[:20],
)
async def test_an_answer_of_another_shape_is_told_why_and_asked_for_once_more(
    model: models.Model, script: Script, wrong: str
) -> None:
    script.say_text(wrong)
    script.say_text('{"name": "Ada", "year": 1815}')
    shaped = await model.shaped(ASKED, Fact, tokens_max=99)
    assert shaped == models.Shaped(
        value=Fact(name="Ada", year=1815), usage=models.Usage(sent=6, received=8), rounds=2
    )
    turns = script.asked[1]["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[1]["content"] == wrong and '"year"' in turns[2]["content"]


async def test_a_shape_that_is_missed_twice_is_malformed(model: models.Model, script: Script) -> None:
    script.say_text("no", usage=False)
    with pytest.raises(errors.MalformedAnswer, match="Fact"):
        await model.shaped(ASKED, Fact, tokens_max=99)
    assert len(script.asked) == 2


async def test_vectors_come_in_the_order_of_their_texts(model: models.Model, script: Script) -> None:
    data = [{"index": 1, "embedding": [0, 1.5]}, {"index": 0, "embedding": [1, 0]}]
    script.say({"data": data})
    assert await model.vectors(["a", "b"]) == [[1.0, 0.0], [0.0, 1.5]]
    assert script.asked[0]["input"] == ["a", "b"]
    assert await model.vectors([]) == []


async def test_many_texts_become_several_requests(model: models.Model, script: Script) -> None:
    for count in (models.TEXTS_MAX, 3):
        script.say({"data": [{"index": index, "embedding": [index]} for index in range(count)]})
    found = await model.vectors(["x"] * (models.TEXTS_MAX + 3))
    assert len(found) == models.TEXTS_MAX + 3
    assert [len(asked["input"]) for asked in script.asked] == [models.TEXTS_MAX, 3]


@pytest.mark.parametrize(
    "data",
    [
        [],
        [{"index": 0, "embedding": [1]}],
        [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}],
        [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": []}],
        [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}],
        [{"index": 0, "embedding": ["a"]}, {"index": 1, "embedding": [1]}],
    ],
)
async def test_vectors_that_do_not_fit_their_texts_are_malformed(
    model: models.Model, script: Script, data: list[object]
) -> None:
    script.say({"data": data})
    with pytest.raises(errors.MalformedAnswer):
        await model.vectors(["a", "b"])


def test_a_service_that_may_use_a_model_starts_without_its_library() -> None:
    program = "import sys; from seatrial_kit import models; models.Model(models.read({}, 'w'));"
    check = "sys.exit('openai' in sys.modules)"
    subprocess.run([sys.executable, "-c", program + check], check=True)


def test_the_program_of_the_page_works_with_a_model_and_without(served: tuple[str, Script]) -> None:
    url, script = served
    assert "without a model" in pages.run("models", {})
    script.say_text('{"title": "Blue screen", "severity": 3}')
    assert "Blue screen 3" in pages.run("models", {"WRITER_URL": url, "WRITER_MODEL": "writer"})
