"""Settings that changed after the start: `up` takes them, `restart` and `env` say so."""

from pathlib import Path

import pytest

from tests.integration.cli.conftest import Terminal

PAGE = """
env: {GREETING: one}
services:
  web: {command: [sh, -c, "echo $GREETING > greeting; exec sleep 600"]}
"""
CHANGED = "what .env or the environment says has changed"
NOT_IN_USE = f"{CHANGED} since all was started, and is not in use: `seatrial up` takes it\n"


@pytest.fixture
def shop(terminal: Terminal) -> Terminal:
    terminal.page(PAGE)
    assert terminal.type("up", "--detach").code == 0
    return terminal


def greeting(shop: Terminal) -> str:
    return Path(shop.folder / "greeting").read_text()


def test_a_setting_that_changed_is_taken_by_up_and_named_by_what_does_not_take_it(shop: Terminal) -> None:
    assert CHANGED not in shop.type("restart", "web").err
    (shop.folder / ".env").write_text("SEATRIAL_ENV_GREETING=two\n")
    assert shop.type("env", "web").err == NOT_IN_USE
    assert shop.type("restart", "web").err.endswith(NOT_IN_USE)
    assert greeting(shop) == "one\n"
    assert f"{CHANGED}: stopping what runs" in shop.type("up", "--detach").out
    assert greeting(shop) == "two\n"
    assert shop.type("env", "web").err == ""
    assert "running already" in shop.type("up", "--detach").out


def test_a_variable_of_the_caller_counts_only_where_the_page_has_a_meaning_for_it(
    shop: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of no model")
    assert shop.type("env", "web").err == ""
    monkeypatch.setenv("SEATRIAL_ENV_GREETING", "three")
    assert shop.type("env", "web").err == NOT_IN_USE


def test_a_page_that_changed_or_broke_is_named_after_a_restart(shop: Terminal) -> None:
    shop.page(PAGE.replace("one", "two"))
    assert "the page has changed since all was started, and is not in use" in shop.type("restart", "web").err
    shop.page(PAGE.replace("command", "comand"))
    done = shop.type("restart", "web")
    assert done.code == 0
    assert "did you mean 'command'?" in done.err
    assert "that has changed since all was started, and is not in use" in done.err
    shop.page(PAGE)
