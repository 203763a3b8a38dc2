"""The innermost frame of a stack, for errors whose message says nothing."""

import re
from collections.abc import Sequence

from gekb.grouping import masks, texts

STACK_LINES_MAX = 64
LINE_CHARACTERS_MAX = 512

# Python names the innermost frame last, everybody else first.
_PYTHON_FRAME = re.compile(r'File ".{1,400}", line \d{1,9}')
_FRAME = re.compile(r"(?:at |File \"|in |from |#\d|\d{1,3}: )\S")


def innermost(stack: Sequence[str]) -> str:
    """The masked frame in which the error arose, or nothing; reads at most 64 lines from either end."""
    ends = (*stack[:STACK_LINES_MAX], *stack[max(STACK_LINES_MAX, len(stack) - STACK_LINES_MAX) :])
    lines = [texts.plain(line[:LINE_CHARACTERS_MAX]) for line in ends]
    frames = [line for line in lines if _FRAME.match(line)]
    if not frames:
        return ""
    frame = frames[-1] if _PYTHON_FRAME.match(frames[-1]) else frames[0]
    return masks.apply(frame)[0]
