"""Reads an application that nobody described yet, and drafts its page. Nothing of it is executed."""

from __future__ import annotations

from pathlib import Path

from seatrial.discovery import assemblies, folders, surveys
from seatrial.discovery.documents import Documents, keys
from seatrial.discovery.drafts import Draft

__all__ = ["LOOKED_FOR", "describe"]
LOOKED_FOR = surveys.LOOKED_FOR


def describe(directory: Path) -> Draft:
    """The draft of a page for the application in a folder. Raises CallError where there is no folder."""
    documents = Documents(folder=folders.read_folder(directory))
    return draft_of(documents, directory.resolve().name)


def draft_of(documents: Documents, name: str) -> Draft:
    """The draft from texts alone."""
    survey = surveys.survey(documents)
    draft = assemblies.assemble(survey, _own_name(documents) or name)
    for problem in documents.folder.problems:
        draft.doubt(problem)
    for path, message in sorted(documents.broken.items()):
        draft.doubt(f"{path} could not be read: {message}")
    return draft


def _own_name(documents: Documents) -> str:
    """What its project file calls it."""
    project = keys(documents.table("pyproject.toml").get("project")).get("name")
    package = documents.table("package.json").get("name")
    return next((one for one in (project, package) if isinstance(one, str)), "")
