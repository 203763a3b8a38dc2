"""What stays of a path: its kind or its well-known name, so that the same error groups across files."""

import re

from gekb.grouping import names, words

# `:12`, `:12:5`, `:12-14` of most tools, `(12,5)` of tsc and MSBuild, `:(.text+0x5)` of linkers.
PLACE = (
    r"(?::\d{1,7}(?:[:.-]\d{1,7})?(?![\w.])|\(\d{1,7}(?:,\d{1,7})?\)"
    r"|:\(\.[\w.]{1,64}\+0x[0-9a-f]{1,16}\))?"
)
_PLACE_AT_END = re.compile(rf"{PLACE}$", re.ASCII)
_PATH_SUFFIXES = names.FILE_SUFFIXES | names.DOUBTFUL_SUFFIXES


def masked_path(text: str) -> str:
    """The mask of something that can only be a path, with its place in the file taken off."""
    path = _PLACE_AT_END.sub("", text)
    kept = path.rstrip(".-") or path
    return _mask(kept, _PATH_SUFFIXES) + path[len(kept) :]


def masked_file(text: str) -> str:
    """The mask of something that looks like a file; names such as `os.path` or `github.com/lib/pq` stay."""
    path = _PLACE_AT_END.sub("", text)
    kept = path.rstrip(".-") or path
    if _is_file(kept, placed=path != text):
        return _mask(kept, _PATH_SUFFIXES) + path[len(kept) :]
    return words.masked_name(text)


def _is_file(path: str, *, placed: bool) -> bool:
    folder, slash, base = path.rpartition("/")
    base = base.lower()
    if path.lower() in names.PRODUCTS or path.endswith("("):  # `response.json(` is a call
        return False
    if base in names.FILES:
        return True
    if slash and "." in folder.partition("/")[0].lstrip("."):  # a host: Go modules, images
        return False
    suffix = base.rpartition(".")[2] if "." in base else ""
    if suffix in names.FILE_SUFFIXES:
        return True
    looked_up = suffix in names.LOOKED_UP_SUFFIXES
    return suffix in names.DOUBTFUL_SUFFIXES and (placed or (bool(slash) and not looked_up))


def _mask(path: str, suffixes: frozenset[str]) -> str:
    base = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    if base.lower() in names.FILES:
        return base
    stem, _, suffix = base.rpartition(".")
    return f"<path.{suffix.lower()}>" if stem and suffix.lower() in suffixes else "<path>"
