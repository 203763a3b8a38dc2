"""`.env` beside the page: read as written, the caller first, every mistake at its line."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial import errors, parts
from seatrial.drivers.laptop import dotenvs, limits
from seatrial.plan import Plan
from seatrial.values.references import SecretOf, Template


def plan_in(folder: Path) -> Plan:
    program = parts.Command(words=(Template(("true",)),), build=parts.Build())
    env = (("DEPTH", Template(("3",))), ("KEY", Template((SecretOf(name="slack"),))))
    items: tuple[parts.Part, ...] = (
        parts.Workload(name="api", program=program, env=env),
        parts.Config(name="settings", values=(("LOG_LEVEL", "info"),)),
        parts.Secret(name="slack", source="operator"),
        parts.Secret(name="token", source="generated"),
        parts.External(name="fema", url="https://fema.example.com/a", host="fema.example.com", port=443),
    )
    return Plan(system="s", environment="laptop", directory=folder, parts=items, notes=Template(()))


def test_values_are_taken_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(
        b"\xef\xbb\xbf# comment\r\n"
        b"\r\n"
        b"A=plain # comment\r\n"
        b"export B = with spaces inside  \r\n"
        b"C=\r\n"
        b"D='$HOME # \"kept\"' # comment\r\n"
        b'E="two\\nlines \\"quoted\\" \\$x \\d"\r\n'
        b"F='-----BEGIN\r\nmiddle=1\r\nEND'\r\n"
        b"G=a#b=c\r\n"
        b"H= # nothing"
    )
    assert [(one.line, one.name, one.text) for one in dotenvs.read_file(plan_in(tmp_path))] == [
        (3, "A", "plain"),
        (4, "B", "with spaces inside"),
        (5, "C", ""),
        (6, "D", '$HOME # "kept"'),
        (7, "E", 'two\nlines "quoted" $x \\d'),
        (8, "F", "-----BEGIN\nmiddle=1\nEND"),
        (11, "G", "a#b=c"),
        (12, "H", ""),
    ]


def test_every_mistake_is_told_at_its_line_and_no_value_is_told(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "no assignment\n"
        "SEATRIAL_SECRET_SLAK=hush\n"
        "OTHER='fine'\n"
        "SEATRIAL_SECRET_SLACK='hush\n"
        "SEATRIAL_EXTERNAL_FEMA_URL=ftp://somewhere\n"
        "SEATRIAL_SECRET_TOKEN=hush\n"
        "A='x' y\n"
    )
    with pytest.raises(errors.PageError) as failure:
        dotenvs.read_file(plan_in(tmp_path))
    said = str(failure.value)
    assert "hush" not in said
    assert [line.split(": ", 1)[0] for line in said.splitlines()] == [
        f"{file}:{line}:1" for line in (1, 2, 4, 5, 6, 7)
    ]
    assert (
        "SEATRIAL_SECRET_SLAK: nothing on this page is called so; did you mean 'SEATRIAL_SECRET_SLACK'?"
        in said
    )
    assert "SEATRIAL_EXTERNAL_FEMA_URL: is no address such as http://127.0.0.1:8080" in said
    assert "SEATRIAL_SECRET_SLACK: its quote is not closed" in said


def test_a_pipe_or_a_folder_in_its_place_is_told_and_not_waited_for(tmp_path: Path) -> None:
    for name, make in (("pipe", os.mkfifo), ("folder", os.mkdir)):
        folder = tmp_path / name
        folder.mkdir()
        make(folder / ".env")
        with pytest.raises(errors.PageError, match=r"\.env:1:1: (is no regular file|cannot be read)"):
            dotenvs.read_file(plan_in(folder))


def test_the_caller_wins_and_names_of_others_stay_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "SEATRIAL_SECRET_SLACK=of the file\nOPENAI_API_KEY=of the file\nDJANGO_SECRET_KEY=theirs\n"
    )
    monkeypatch.setenv("SEATRIAL_SECRET_SLACK", "of the caller")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    said = dotenvs.read_said(plan_in(tmp_path))
    assert said["SEATRIAL_SECRET_SLACK"] == "of the caller"
    assert said["OPENAI_API_KEY"] == "of the file"
    assert "DJANGO_SECRET_KEY" not in said


def test_an_external_is_put_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_in(tmp_path)
    said = {"SEATRIAL_EXTERNAL_FEMA_URL": "http://127.0.0.1:8080/b/"}
    (replaced,) = dotenvs.replaced_externals(plan, said).values()
    assert (replaced.url, replaced.host, replaced.port) == ("http://127.0.0.1:8080/b", "127.0.0.1", 8080)
    assert dotenvs.replaced_externals(plan, {}) == {}
    monkeypatch.setenv("SEATRIAL_EXTERNAL_FEMA_URL", "http://[::1")
    with pytest.raises(errors.CallError, match="SEATRIAL_EXTERNAL_FEMA_URL: is no address"):
        dotenvs.read_said(plan)


def test_settings_that_an_operator_may_replace_are_those_that_hold_plain_text(tmp_path: Path) -> None:
    assert dotenvs.plain_settings(plan_in(tmp_path)) == {"LOG_LEVEL", "DEPTH"}


def test_a_file_with_secrets_that_others_can_read_is_said_once(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    plan = plan_in(tmp_path)
    file.write_text("SEATRIAL_SECRET_SLACK=hush\n")
    file.chmod(0o644)
    told = ".env holds secrets (SEATRIAL_SECRET_SLACK), and others can read it: chmod 600 .env"
    assert [sentence for sentence in limits(plan) if ".env " in sentence] == [told]
    file.chmod(0o600)
    assert told not in limits(plan)
    file.write_text("SEATRIAL_ENV_LOG_LEVEL=debug\n")
    file.chmod(0o644)
    assert told not in limits(plan)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60))
def test_any_text_is_read_or_refused_with_a_line(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / ".env").write_bytes(text.encode())
    lines = text.count("\n") + 1
    try:
        found = [one.line for one in dotenvs.read_file(plan_in(folder))]
    except errors.PageError as error:
        found = [problem.line for problem in error.problems]
    assert all(1 <= line <= lines for line in found)
