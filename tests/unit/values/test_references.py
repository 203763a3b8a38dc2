import pytest

from seatrial.values import names, references
from seatrial.values.references import HostOf, SecretOf, Template


def test_a_template_keeps_references_until_they_are_resolved() -> None:
    known = {"db.host": Template((HostOf(endpoint="db.main"),)), "secrets.p": Template((SecretOf(name="p"),))}
    template = references.parse_template("x://${secrets.p}@${db.host}/y", known.get)
    assert str(template) == "x://${secret:p}@${host:db.main}/y"
    assert template.resolve(lambda reference: f"<{type(reference).__name__}>") == "x://<SecretOf>@<HostOf>/y"
    assert [str(reference) for reference in template.references()] == ["${secret:p}", "${host:db.main}"]


def test_an_unknown_placeholder_is_named() -> None:
    with pytest.raises(KeyError, match="nothing"):
        references.parse_template("${nothing}", {}.get)


def test_a_doubled_dollar_writes_a_placeholder_that_is_meant_for_a_shell() -> None:
    assert str(references.parse_template("echo $${HOME} $HOME", {}.get)) == "echo ${HOME} $HOME"
    assert references.placeholders("$${HOME} ${x}") == ["x"]


def test_what_only_looks_like_a_placeholder_stays_text() -> None:
    assert str(references.parse_template("$x ${} ${a b} $$", {}.get)) == "$x ${} ${a b} $$"


def test_the_nearest_word_is_the_one_that_was_meant() -> None:
    assert names.nearest_word("comand", ["command", "ports", "uses"]) == "command"
    assert names.nearest_word("prod", ["production", "staging"]) == "production"
    assert names.nearest_word("zzz", ["command", "ports"]) is None
    assert names.variable_name("my-db", "url") == "MY_DB_URL"
