"""What is hashed: the kind of the error and its masked message; the stack where the message says nothing.

The stack does not part errors that have a message: another project meets the same error under other frames,
and the fix is the same. Where nothing but placeholders is left (an empty message, `3 != 4`), the innermost
frame of the stack is all there is to tell two errors apart.
"""

import dataclasses
import hashlib
import re
from collections import Counter
from collections.abc import Sequence

from gekb.grouping import masks, stacks, texts

VERSION = "masks-1"
MESSAGE_CHARACTERS_MAX = 16_384
KIND_CHARACTERS_MAX = 256
# Less than what is read, so that two long messages that differ in a number are cut at the same word.
TEMPLATE_CHARACTERS_MAX = 4_096

_KIND_BEFORE_MESSAGE = re.compile(r"([A-Za-z_][\w.$]{0,200}+):\s+", re.ASCII)
_KIND_ENDINGS = ("Error", "Exception", "Warning", "Interrupt", "Exit", "Failure")
_PLACEHOLDERS = re.compile(r"<[a-z0-9.]{1,16}>")
_LETTERS = re.compile(r"[^\W\d_]")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Factor:
    """One thing that spoke for the decision; the score is the share of the text it stands for, 0 to 1."""

    name: str
    score: float
    details: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The pattern an error belongs to: equal fingerprints of one version are one pattern."""

    version: str
    fingerprint: str  # 32 hexadecimal digits
    template: str
    factors: tuple[Factor, ...]


def decide(message: str, kind: str | None, stack: Sequence[str]) -> Decision:
    """The pattern of an error; reads at most 16,384 characters of the message and 64 lines of the stack."""
    text = texts.plain(message[:MESSAGE_CHARACTERS_MAX])
    name, text = _kind_and_message(texts.plain((kind or "")[:KIND_CHARACTERS_MAX]), text)
    masked, fired = masks.apply(text)
    template = masked[:TEMPLATE_CHARACTERS_MAX]
    frame = "" if _says_something(template) else stacks.innermost(stack)
    hashed = "\0".join((VERSION, masks.apply(name)[0], template, frame))
    return Decision(
        version=VERSION,
        fingerprint=hashlib.blake2b(hashed.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest(),
        template=template,
        factors=_factors(name, template, frame, fired),
    )


def _kind_and_message(kind: str, text: str) -> tuple[str, str]:
    """Tools print `ValueError: bad`, clients send the two apart or both together: all three are one error."""
    found = _KIND_BEFORE_MESSAGE.match(text)
    if found and (found[1] == kind or (not kind and found[1].endswith(_KIND_ENDINGS))):
        return found[1], text[found.end() :]
    return kind, text


def _says_something(template: str) -> bool:
    return _LETTERS.search(_PLACEHOLDERS.sub("", template)) is not None


def _factors(kind: str, template: str, frame: str, fired: Counter[str]) -> tuple[Factor, ...]:
    placeholders = sum(len(found) for found in _PLACEHOLDERS.findall(template))
    literal = round(1 - placeholders / len(template), 3) if template else 0.0
    message = Factor(
        name="message", score=literal, details="hashed: the part of the message that is not masked"
    )
    of_kind = Factor(
        name="kind", score=1.0 if kind else 0.0, details=f"hashed: {kind}" if kind else "none given"
    )
    of_stack = Factor(
        name="stack",
        score=1.0 if frame else 0.0,
        details=f"hashed, for the message says nothing: {frame}" if frame else "not hashed",
    )
    total = fired.total()
    by_mask = (
        Factor(
            name=f"mask:{name}", score=round(count / total, 3), details=f"{count} masked: {masks.WHY[name]}"
        )
        for name, count in sorted(fired.items())
    )
    return (message, of_kind, of_stack, *by_mask)
