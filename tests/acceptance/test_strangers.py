"""Applications that Seatrial never saw go from `init` to `up`, are used over HTTP, looked at and stopped."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.clones import Clone, need_programs
from tests.acceptance.strangers import Browser, Stranger, changed_lines, copied, make_environment, until

LINES_CHANGED_MAX = 5
EDITS: dict[str, list[tuple[str, str]]] = {"django_site": [], "node_service": [], "plain_python": []}
"""What a person has to change in the page that `init` writes, as old and new text."""


@pytest.fixture
def stranger(request: pytest.FixtureRequest, clone: Clone, tmp_path: Path) -> Iterator[Stranger]:
    """The application named by the test's parameter, with the page that `init` wrote and people edited."""
    one = Stranger(folder=copied(request.param, tmp_path), command=(str(clone.folder / "run"),))
    said = one.run("init", str(one.folder)).stdout
    assert "wrote" in said
    assert f"run check {one.folder.name}`" in said
    written = one.page.read_text()
    page = written
    for old, new in EDITS[request.param]:
        assert old in page
        page = page.replace(old, new)
    assert changed_lines(written, page) <= LINES_CHANGED_MAX
    one.page.write_text(page)
    try:
        yield one
    finally:
        one.run("down", str(one.folder), check=False)


@pytest.mark.parametrize("stranger", ["django_site"], indirect=True)
def test_a_django_site_with_a_worker_goes_from_init_to_up_and_its_form_is_answered_by_its_task(
    stranger: Stranger,
) -> None:
    folder = str(stranger.folder)
    make_environment(stranger.folder)
    assert "is sound" in stranger.run("check", folder).stdout
    stranger.run("up", folder, "--detach")
    browser = Browser(stranger.url())
    assert browser.get("/health/") == "ok"
    assert "<li>" not in browser.get("/")
    form = {"csrfmiddlewaretoken": browser.cookie("csrftoken"), "text": "a fair wind"}
    assert "a fair wind" in browser.post("/", urllib.parse.urlencode(form).encode())
    until(lambda: "a fair wind: 9 letters" in browser.get("/"))
    until(lambda: "counted entry 1" in stranger.run("logs", folder, "worker").stdout)
    status = stranger.run("status", folder).stdout
    assert re.search(r"migrate +done", status)
    assert re.search(r"worker +ready", status)
    assert "stopped" in stranger.run("down", folder).stdout
    stranger.run("up", folder, "--detach")
    assert "a fair wind: 9 letters" in Browser(stranger.url()).get("/")


@pytest.mark.parametrize("stranger", ["node_service"], indirect=True)
def test_a_node_service_of_a_compose_file_goes_from_init_to_up_and_counts(stranger: Stranger) -> None:
    need_programs("node")
    folder = str(stranger.folder)
    stranger.run("check", folder)
    stranger.run("up", folder, "--detach")
    browser = Browser(stranger.url())
    assert browser.get("/health") == "ok\n"
    assert browser.post("/count", b"") == '{"count":1}'
    assert browser.post("/count", b"") == '{"count":2}'
    until(lambda: "counted 2" in stranger.run("logs", folder, "counter").stdout)
    assert re.search(r"counter +ready", stranger.run("status", folder).stdout)
    stranger.run("down", folder)
    stranger.run("up", folder, "--detach")
    assert Browser(stranger.url()).get("/count") == '{"count":2}'


@pytest.mark.parametrize("stranger", ["plain_python"], indirect=True)
def test_plain_python_of_which_only_a_procfile_tells_goes_from_init_to_up(stranger: Stranger) -> None:
    folder = str(stranger.folder)
    stranger.run("check", folder)
    stranger.run("up", folder, "--detach")
    browser = Browser(stranger.url())
    assert browser.get("/") == "[]"
    browser.post("/", b"hello")
    assert browser.get("/") == '["hello"]'
    until(lambda: "noted 'hello'" in stranger.run("logs", folder, "web").stdout)


@pytest.mark.parametrize("stranger", ["plain_python"], indirect=True)
def test_a_page_is_never_overwritten_and_can_be_printed_again(stranger: Stranger) -> None:
    stranger.page.write_text("mine\n")
    again = stranger.run("init", str(stranger.folder), check=False)
    assert again.returncode == 2
    assert "is there already and is not overwritten" in again.stderr
    assert stranger.page.read_text() == "mine\n"
    printed = stranger.run("init", str(stranger.folder), "--print").stdout
    assert printed.startswith("# Written by `seatrial init`")
    assert stranger.page.read_text() == "mine\n"


def test_a_folder_in_which_nothing_runs_gets_no_page_and_hears_what_was_looked_for(
    clone: Clone, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    done = clone.run("init", str(tmp_path), check=False)
    assert done.returncode == 2
    assert "found nothing" in done.stderr
    assert "Procfile" in done.stderr
    assert not (tmp_path / "seatrial.yaml").exists()
