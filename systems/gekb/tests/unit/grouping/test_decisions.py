"""What is hashed, what is explained, and that nothing a caller sends can break or slow a decision."""

import dataclasses

import pytest
from gekb import grouping
from gekb.grouping import decisions
from hypothesis import given
from hypothesis import strategies as st


def fingerprint(message: str, kind: str = "", stack: tuple[str, ...] = ()) -> str:
    return grouping.decide(message, kind, stack).fingerprint


def test_a_thousand_errors_of_the_load_client_are_one_pattern() -> None:
    found = {
        fingerprint(
            f"Load test error #{i}: Cannot resolve module '@/components/test/component{i}'",
            "ModuleNotFoundError",
            (
                f"at resolveModule (webpack://./src/test/component{i}.tsx:12:5)",
                "at ModuleResolver.resolve (webpack://./node_modules/webpack/lib/resolve.js:201:3)",
            ),
        )
        for i in range(1000)
    }
    assert len(found) == 1


def test_the_kind_parts_errors_with_the_same_message() -> None:
    assert fingerprint("connection closed", "TimeoutError") != fingerprint(
        "connection closed", "ProtocolError"
    )


@pytest.mark.parametrize("message", ["ValueError: bad input", "\x1b[31mValueError\x1b[0m:  bad\tinput"])
def test_a_kind_in_front_of_the_message_is_the_kind(message: str) -> None:
    assert (
        fingerprint(message) == fingerprint("bad input", "ValueError") == fingerprint(message, "ValueError")
    )


def test_a_kind_that_contradicts_the_message_stays_apart() -> None:
    assert fingerprint("ValueError: bad", "TypeError") != fingerprint("bad", "TypeError")


def test_the_stack_does_not_part_errors_that_have_a_message() -> None:
    assert fingerprint("bad input", "E", ("at a (x.js:1:1)",)) == fingerprint(
        "bad input", "E", ("at b (y.js:1:1)",)
    )


@pytest.mark.parametrize("message", ["", "3 != 4", "/srv/app/main.py:17"])
def test_the_innermost_frame_parts_errors_whose_message_says_nothing(message: str) -> None:
    first = ("at pay (a.js:1:1)", "at main (a.js:9:1)")
    moved = ("at pay (a.js:7:7)", "at main (a.js:9:1)")
    other = ("at ship (a.js:1:1)", "at main (a.js:9:1)")
    assert (
        fingerprint(message, "E", first)
        == fingerprint(message, "E", moved)
        != fingerprint(message, "E", other)
    )


def test_python_names_the_innermost_frame_last() -> None:
    head = ("Traceback (most recent call last):", '  File "/srv/app/main.py", line 3, in <module>')
    pay, ship = '  File "/srv/app/x.py", line 9, in pay', '  File "/srv/app/x.py", line 9, in ship'
    assert fingerprint("", "E", (*head, pay)) != fingerprint("", "E", (*head, ship))
    assert fingerprint("", "E", (*head, pay)) == fingerprint("", "E", (pay,))


def test_a_decision_is_explained_by_what_was_masked_and_hashed() -> None:
    found = grouping.decide(
        "worker 17 lost 10.0.0.3:5432 and 10.0.0.4:5432", "LostError", ("at f (x.js:1:1)",)
    )
    factors = {factor.name: factor for factor in found.factors}
    assert found.version == grouping.VERSION == "masks-1"
    assert found.template == "worker <n> lost <ip> and <ip>"
    assert set(factors) == {"message", "kind", "stack", "mask:ipv4", "mask:number"}
    assert factors["mask:ipv4"].details.startswith("2 masked")
    assert factors["kind"].details == "hashed: LostError"
    assert factors["stack"].details == "not hashed"
    assert 0 < factors["message"].score < 1


def test_the_fingerprints_of_a_version_are_frozen() -> None:
    # A change here breaks the patterns that users have stored: make a new version instead.
    found = grouping.decide("No module named 'requests'", "ModuleNotFoundError", ())
    assert found.fingerprint == "ac643d0c7dd795557b4cb1fd7e6d715e"


def test_a_decision_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        grouping.decide("x", "", ()).template = "y"  # type: ignore[misc]


def test_long_messages_that_differ_in_a_number_are_cut_at_the_same_word() -> None:
    tail = "and more words " * 5000
    assert fingerprint(f"item 7 {tail}") == fingerprint(f"item 1000 {tail}")
    assert len(grouping.decide(f"item 7 {tail}", "", ()).template) == decisions.TEMPLATE_CHARACTERS_MAX


@given(st.text(), st.none() | st.text(), st.lists(st.text(), max_size=5))
def test_any_text_gets_the_same_decision_twice(message: str, kind: str | None, stack: list[str]) -> None:
    found = grouping.decide(message, kind, stack)
    assert found == grouping.decide(message, kind, tuple(stack))
    assert len(found.fingerprint) == 32
    assert all(0 <= factor.score <= 1 for factor in found.factors)


def test_text_that_is_no_valid_unicode_gets_a_decision() -> None:
    assert fingerprint("\udc80 \x00", "\ud800") != fingerprint("\udc81 \x00", "\ud800")
