"""What a browser sees at the bare address."""

from systems.gekb.tests.processes import Gekb, send


def test_the_bare_address_tells_people_what_answers_and_how_to_call_it(gekb: Gekb) -> None:
    answer = send(gekb.api.port, "GET", "/", None, {})
    assert answer.status == 200
    assert {name.lower(): text for name, text in answer.headers.items()}[
        "content-type"
    ] == "text/html; charset=utf-8"
    assert f"curl -sS http://127.0.0.1:{gekb.api.port}/v1/errors" in answer.text


def test_a_host_that_somebody_makes_up_is_shown_as_text(gekb: Gekb) -> None:
    answer = send(gekb.api.port, "GET", "/", None, {"Host": 'x"><script>'})
    assert answer.status < 500
    assert "<script>" not in answer.text
