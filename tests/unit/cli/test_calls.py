import pytest

from seatrial.cli import calls


def test_verbose_is_taken_before_and_after_the_command_but_not_from_another_programs_words() -> None:
    for words in (["--verbose", "up", "shop"], ["up", "shop", "--verbose"]):
        call = calls.read_call(words)
        assert call.verbose
        assert call.arguments == ["up", "shop"]
    passed = calls.read_call(["exec", "api", "--", "pytest", "--verbose", "--json"])
    assert not passed.verbose
    assert not passed.as_json
    assert passed.arguments == ["exec", "api", "--", "pytest", "--verbose", "--json"]


@pytest.mark.parametrize(
    ("words", "own", "added"),
    [
        ([], (), ()),
        (["run", "job"], ("run", "job"), ()),
        (["run", "job", "--"], ("run", "job"), ()),
        (["run", "job", "--", "a", "--", "b"], ("run", "job"), ("a", "--", "b")),
    ],
)
def test_the_first_two_dashes_end_what_is_ours(
    words: list[str], own: tuple[str, ...], added: tuple[str, ...]
) -> None:
    call = calls.read_call(words)
    assert (call.own, call.passed_on) == (own, added)


def test_the_words_of_a_command_are_told_from_those_it_passes_on() -> None:
    assert calls.own(["shop", "job", "a", "b"], ("a", "b")) == ["shop", "job"]
    assert calls.own(None, ()) == []
