"""The `.env` that is written for operators names all that they may say, and is read back as it was meant."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.drivers.laptop import dotenvs, templates
from seatrial.drivers.laptop.engines import gateways
from seatrial.plan import Plan, planning
from seatrial.spec import loading
from seatrial.spec import pages as page_models
from tests.unit.spec import pages

PAGES = dict(pages.sound_pages())


@pytest.fixture(autouse=True)
def caller_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("SEATRIAL_", "OPENAI_")):
            monkeypatch.delenv(name)


def made(text: str, folder: Path, environment: str = "laptop") -> tuple[Plan, page_models.Page]:
    page = loading.parse_page(text.encode(), "seatrial.yaml")
    return planning.make_plan(page, environment, folder), page


def opened(lines: list[str], variables: set[str]) -> str:
    """The file after an operator removed every '#' before a setting."""
    shut = [line for line in lines if line.removeprefix("# ").partition("=")[0] in variables]
    return "\n".join(line.removeprefix("# ") for line in shut)


@pytest.mark.parametrize("name", PAGES)
def test_every_setting_of_the_template_is_known_and_read_back(name: str, tmp_path: Path) -> None:
    plan, page = made(PAGES[name], tmp_path)
    entries = templates.entries(plan, page)
    lines = list(templates.template(plan, page))
    file = tmp_path / ".env"
    file.write_text(opened(lines, {one.variable for one in entries}), encoding="utf-8")
    assert dotenvs.read_said(plan) == {one.variable: one.default for one in entries}
    assert [line for line in lines if "=" not in line and len(line) > templates.COLUMNS] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_template_as_it_stands_changes_nothing(name: str, tmp_path: Path) -> None:
    plan, page = made(PAGES[name], tmp_path)
    file = tmp_path / ".env"
    file.write_text("\n".join(templates.template(plan, page)), encoding="utf-8")
    said = dotenvs.read_said(plan)
    assert said == {one.variable: "" for one in templates.entries(plan, page) if one.required}


def test_the_template_names_all_that_may_be_said_of_the_page(tmp_path: Path) -> None:
    plan, page = made(pages.WHOLE.read_text(encoding="utf-8"), tmp_path)
    variables = {one.variable for one in templates.entries(plan, page)}
    given = {dotenvs.setting_variable(name) for name in dotenvs.plain_settings(plan)}
    own = {dotenvs.setting_variable(name) for name in ("LOG_LEVEL", "REGION", "DEPTH")}
    assert variables - gateways.SHARED == dotenvs._known(plan) - given | own
    assert variables >= gateways.SHARED


def test_a_required_secret_stands_open_and_first_and_says_who_is_given_it(tmp_path: Path) -> None:
    text = """apiVersion: seatrial/v1alpha1
kind: System
metadata: {name: one}
env: {LOG_LEVEL: info}
secrets: {slack: {from: operator}, spare: {from: operator}, token: {generate: 32 bytes}}
services:
  web: {command: [serve], uses: [secrets.slack, secrets.token], env: {LOG_LEVEL: "it's #1"}}
  job: {command: [work]}
"""
    plan, page = made(text, tmp_path)
    assert list(templates.template(plan, page))[2:] == [
        "",
        "# Secrets that are handed in",
        "",
        "# The secret slack: required. For web.",
        "SEATRIAL_SECRET_SLACK=",
        "",
        "# The secret spare: the system starts without it.",
        "# SEATRIAL_SECRET_SPARE=",
        "",
        "# Plain settings of the page",
        "",
        "# The setting LOG_LEVEL, which is 'info' for job; \"it's #1\" for web. For job,",
        "# web.",
        "# SEATRIAL_ENV_LOG_LEVEL=info",
    ]


def test_an_environment_has_its_own_defaults(tmp_path: Path) -> None:
    plan, page = made(pages.WHOLE.read_text(encoding="utf-8"), tmp_path, "staging")
    assert "# SEATRIAL_ENV_LOG_LEVEL=debug" in templates.template(plan, page)


def test_the_template_is_the_same_for_the_same_page(tmp_path: Path) -> None:
    first, second = (made(pages.WHOLE.read_text(encoding="utf-8"), tmp_path) for _ in range(2))
    assert list(templates.template(*first)) == list(templates.template(*second))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=60))
def test_any_value_is_read_back_as_it_was(text: str) -> None:
    assert [one.text for one in dotenvs._parse(f"A={templates.quoted(text)}\nB=1")[0]] == [text, "1"]
