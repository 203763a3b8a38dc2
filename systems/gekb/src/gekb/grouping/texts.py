"""Text as people see it: no colours, no links of a terminal, one kind of space and one kind of quote.

The same compiler prints coloured text with curved quotes to a terminal and plain text to a file.
"""

import re

# Colours and cursor moves (ECMA-48 CSI), then titles and links (OSC, ended by BEL or ST). Bounded, so linear.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|\x1b\][^\x07\x1b]{0,2048}+(?:\x07|\x1b\\)"
    r"|\x1b[@-Z\\^_]"
)
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")


def plain(text: str) -> str:
    """The text on one line, without terminal escapes, with straight quotes and single spaces."""
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if not text.isascii():
        text = text.translate(_QUOTES)
    return " ".join(text.split())
