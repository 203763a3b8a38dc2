"""What is masked inside of words and names: numbers, and identifiers that a machine made up."""

import re

from gekb.grouping import names

END = r"(?![A-Za-z0-9])"
UUID = r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}" + END
HASH = r"(?=\d{0,127}[a-f])(?=[a-f]{0,127}\d)[0-9a-f]{7,128}" + END
_AFTER_VERSION = r"(?:[.-]?(?:alpha|beta|dev|post|rc|a|b)[.-]?\d{1,8})"
NUMBER = (
    r"(?:(?<![)\]])[+-])?[vV]?\d++(?:,\d{3}(?!\d)){0,6}(?:[._]\d++){0,5}"
    rf"(?:[eE][+-]?\d{{1,4}}|{_AFTER_VERSION})?{END}"
)

_RANDOM_CHARACTERS_MIN = 16
_RANDOM_RUNS_MIN = 3
_DIGITS = re.compile(r"[0-9]+")
_FAMILY = re.compile(rf"(?i:{'|'.join(names.FAMILIES)})\d{{1,5}}")
_INSIDE = re.compile(rf"(?<![A-Za-z0-9])(?:({UUID})|({HASH})|({NUMBER})|([A-Za-z0-9]++))", re.ASCII)


def masked_word(word: str) -> str:
    """A run of letters and digits with its numbers masked, unless they belong to a known name."""
    if word.isalpha():
        return word
    if word.isdecimal():
        return "<n>"
    if word.lower() in names.WITH_DIGITS or _FAMILY.fullmatch(word):
        return word
    masked, runs = _DIGITS.subn("<n>", word)
    if runs >= _RANDOM_RUNS_MIN and len(word) >= _RANDOM_CHARACTERS_MIN:
        return "<id>"
    return masked


def masked_name(name: str) -> str:
    """A name of several words (`os.path`, `github.com/lib/pq`, `worker-17.local`) with its numbers masked."""
    return _INSIDE.sub(_masked_part, name)


def _masked_part(found: re.Match[str]) -> str:
    placeholder = ("<uuid>", "<hash>", "<n>", "")[(found.lastindex or 1) - 1]
    return placeholder or masked_word(found.group())
