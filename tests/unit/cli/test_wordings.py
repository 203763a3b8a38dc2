"""Numbers agree with their nouns, and in a terminal lines end between words."""

import io

import pytest
import typer

from seatrial.cli import failures, wordings

SENTENCE = "accesses are not enforced: any program here can connect to any other"


class Screen(io.StringIO):
    """Where people read."""

    def isatty(self) -> bool:
        return True


def test_a_number_and_its_noun_agree() -> None:
    told = [wordings.counted(number, word) for number, word in ((1, "restart"), (2, "access"), (3, "copy"))]
    assert told == ["1 restart", "2 accesses", "3 copies"]


def test_in_a_terminal_no_word_is_broken_and_elsewhere_no_line_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = wordings.fitted(SENTENCE, "  ", Screen(), first="- ")
    assert [line for line in lines if len(line) > 40] == []
    assert " ".join(line[2:] for line in lines) == SENTENCE
    assert [line[:2] for line in lines] == ["- ", *["  "] * (len(lines) - 1)]
    assert wordings.fitted(SENTENCE, "  ", io.StringIO(), first="- ") == [f"- {SENTENCE}"]


def test_a_word_that_the_parser_does_not_know_is_told_in_one_sentence() -> None:
    told = failures.as_text(typer.BadParameter("No such thing."))
    assert told.endswith("No such thing; --help shows what can be written")
