"""The first and the second `up`, what they print, and that what they print is true."""

import re
import shlex
import subprocess

import pytest

from tests.acceptance.clones import Clone, make_clone, need_programs


def test_the_first_up_shows_the_key_and_a_curl_line_that_answers_and_later_ones_where_it_is_kept(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    need_programs("sh", "curl")
    clone: Clone = make_clone(tmp_path_factory.mktemp("first up"))
    try:
        first = clone.run("up", "gekb", "--detach").stdout
        key = clone.secret("admin-key")
        assert key.startswith("gekb_")
        assert key in first
        for part in ("db", "cache", "migrate", "api", "worker"):
            assert re.search(rf"\b{part}\b.*\b(ready|done)\b", first)
        url = clone.status()["urls"]["api"]
        assert url in first

        curl = first[first.index("curl ") :].split("\n\n")[0]
        answer = subprocess.run(
            ["sh", "-c", curl], cwd=clone.folder, capture_output=True, text=True, check=True
        )
        assert '"errorId":"gekb-' in answer.stdout.replace(" ", "")

        again = clone.run("up", "gekb", "--detach").stdout
        assert url in again
        assert key not in again
        assert "secrets/admin-key" in again

        clone.run("down", "gekb")
        third = clone.run("up", "gekb", "--detach").stdout
        assert url in third
        assert key not in third
        assert clone.secret("admin-key") == key
    finally:
        clone.run("down", "gekb")
    assert clone.status()["phase"] == "stopped"


def test_a_mistyped_system_and_a_wrong_page_say_what_to_do(clone: Clone) -> None:
    unknown = clone.run("up", "gekp", check=False)
    assert unknown.returncode == 2
    assert "did you mean 'gekb'" in unknown.stderr
    page = clone.folder / "wrong" / "seatrial.yaml"
    page.parent.mkdir(exist_ok=True)
    page.write_text(
        "apiVersion: seatrial/v1alpha1\nkind: System\nmetadata: {name: x}\nservices: {a: {comand: [b]}}\n"
    )
    wrong = clone.run("check", str(page), check=False)
    assert wrong.returncode == 2
    assert "did you mean 'command'" in wrong.stderr
    assert re.search(r"seatrial\.yaml:4:\d+: services\.a", wrong.stderr), shlex.quote(wrong.stderr)
