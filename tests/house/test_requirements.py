"""The pins: every requirement has hashes and no host, and every dependency in a project file is pinned."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECTS = {
    "pyproject.toml": "requirements/seatrial.txt",
    "kit/pyproject.toml": "requirements/test.txt",
    "systems/gekb/pyproject.toml": "systems/gekb/requirements.txt",
}
OTHERS = ["requirements/test.txt", "requirements/uv.txt", "tests/acceptance/django_site/requirements.txt"]
OWN = {"seatrial-kit"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("path", sorted({*PROJECTS.values(), *OTHERS}))
def test_every_requirement_is_pinned_with_hashes_and_names_no_host(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    entries = text.replace("\\\n", " ").splitlines()
    assert entries
    assert all(re.match(r"^[A-Za-z0-9._-]+==\S+ .*--hash=sha256:", entry) for entry in entries)
    assert "://" not in text


@pytest.mark.parametrize(("project", "requirements"), PROJECTS.items())
def test_every_dependency_of_a_project_is_pinned(project: str, requirements: str) -> None:
    data = tomllib.loads((ROOT / project).read_text(encoding="utf-8"))["project"]
    wanted = [
        *data["dependencies"],
        *(d for extra in data.get("optional-dependencies", {}).values() for d in extra),
    ]
    pinned = {
        canonical(name)
        for name in re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / requirements).read_text(), re.MULTILINE)
    }
    names = {canonical(re.split(r"[\[<>=!~; ]", dependency)[0]) for dependency in wanted}
    assert names - OWN <= pinned
