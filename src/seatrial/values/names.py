"""Names of parts (DNS labels), the environment variables made from them, and the nearest known word."""

from __future__ import annotations

from collections.abc import Collection, Iterable

PATTERN = r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$"
VARIABLE_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,127}$"


SHORT_WORD = 3


def variable_name(*words: str) -> str:
    """`db`, `url` → `DB_URL`: the same names everywhere."""
    return "_".join(words).replace("-", "_").replace(".", "_").upper()


def nearest_word(word: str, known: Collection[str]) -> str | None:
    """The known word that was most likely meant, or None when none is close."""
    import difflib  # noqa: PLC0415  # late: only mistakes pay for it

    longer = [candidate for candidate in known if candidate.lower().startswith(word.lower())]
    if len(longer) == 1 and len(word) >= SHORT_WORD:
        return longer[0]
    folded = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(
        word.lower(), folded, n=1, cutoff=0.6 if len(word) > SHORT_WORD else 0.5
    )
    return folded[close[0]] if close else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """The tail of a message about an unknown word: the nearest right one, and what is allowed."""
    allowed = sorted(known)
    near = nearest_word(word, allowed)
    guess = f"did you mean {near!r}? " if near else ""
    return guess + (f"known here: {', '.join(allowed)}" if allowed else "none is defined here")
