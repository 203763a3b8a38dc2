"""An application as texts, and the page that follows; each page is loaded, so it must be sound."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial import discovery
from seatrial.discovery import documents, folders, pages
from seatrial.discovery.drafts import Draft
from seatrial.spec import loading
from seatrial.spec.pages import Page


def documents_of(texts: Mapping[str, str]) -> documents.Documents:
    return documents.Documents(folder=folders.Folder(texts=dict(sorted(texts.items()))))


def draft_of(texts: Mapping[str, str]) -> Draft:
    return discovery.draft_of(documents_of(texts), "shop")


def text_of(texts: Mapping[str, str]) -> str:
    return pages.render(draft_of(texts))


def page_of(texts: Mapping[str, str]) -> Page:
    text = text_of(texts)
    return loading.parse_page(text.encode(), "seatrial.yaml")
