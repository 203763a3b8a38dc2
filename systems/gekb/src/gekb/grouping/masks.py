"""The typed masks of `masks-1`: what may change between two occurrences of the same error.

Decided for the developer who meets the error, precision first. Names stay, quoted or not: a missing
'requests' is another entry than a missing 'numpy'; so do module specifiers, routes, hosts, users and SQL
identifiers. Numbers go, also inside names (`component17`), unless they are the error itself (status and exit
codes, `TS2304`) or part of a name (`int64`). Files go, their kind (`<path.py>`) and well-known names
(`package.json`) stay, and headers do, as modules. Versions are numbers with more points: `>=3.12` and
`>=3.12.1` must not part. Quoted sentences stay: they are as often the reason of a failure as a value.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Callable

from gekb.grouping import files, words


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Mask:
    """One kind of text that changes; `replace` gives the placeholder for what was found."""

    name: str
    pattern: str
    why: str
    replace: Callable[[str], str]


def apply(text: str) -> tuple[str, Counter[str]]:
    """The text with what changes masked, and how often each mask fired.

    One expression, one pass. Every repetition is possessive or bounded, and hardly any place is looked at
    from more than one start, so that the time is linear in the length whatever the text.
    """
    fired: Counter[str] = Counter()

    def replace(found: re.Match[str]) -> str:
        name = found.lastgroup or ""
        original = found.group()
        masked = _REPLACERS[name](original)
        if masked != original:
            fired[name] += 1
        return masked

    return _EXPRESSION.sub(replace, text), fired


def _always(placeholder: str) -> Callable[[str], str]:
    return lambda _: placeholder


def _masked_url(text: str) -> str:
    kept = text.rstrip(".;:!?")
    return kept.partition(":")[0].lower() + "://<url>" + text[len(kept) :]


_END = words.END
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )"
_CLOCK = rf"\d{{1,2}}:\d\d:\d\d(?:[.,]\d{{1,9}})?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d){_END})?"
_TIME = (
    rf"\d{{4}}[-/]\d\d[-/]\d\d(?:[T ]{_CLOCK})?{_END}"
    rf"|{_DAY}?{_MONTH} \d{{1,2}} {_CLOCK}(?: \d{{4}})?{_END}"
    rf"|{_DAY}?\d{{1,2}}[ /-]{_MONTH}[ /-]\d{{4}}(?:[ :]{_CLOCK})?{_END}"
    rf"|{_CLOCK}{_END}"
)
_HEXTET = r"[0-9A-Fa-f]{1,4}"
_IPV6 = (
    rf"(?<!:)\[?(?:(?:{_HEXTET}:){{7}}{_HEXTET}"
    rf"|(?=[0-9A-Fa-f:]{{0,40}}\d)(?:(?:{_HEXTET}:){{1,6}}|:):(?:{_HEXTET}:){{0,5}}{_HEXTET})"
    r"(?:/\d{1,3}|\](?::\d{1,5})?)?(?![A-Za-z0-9]|:[0-9A-Fa-f])"
)
_AMOUNT = r"\d++(?:\.\d++)?"
_UNIT = "(?:ns|us|ms|secs?|seconds?|milliseconds?|mins?|minutes?|hours?|days?)"
_ROUTE = "".join(f"(?<!{verb} )" for verb in ("GET", "PUT", "POST", "HEAD", "PATCH", "DELETE", "OPTIONS"))
_CODE_WORDS = (
    r"(?i:http(?:/\d(?:\.\d)?)?(?: error| status| code| response){0,2}|status(?: code)?|error code"
    r"|returned error|exit(?:ed|s)?(?: with)?(?: status| code| value)?|return(?:ed)? code|errno"
    r"|code|signal|sqlstate)"
)
_NAMED_FILE = "(?i:makefile|dockerfile|containerfile|gemfile|pipfile|procfile|rakefile|vagrantfile)"

# In order: the first that fits at a place wins, so the narrow ones stand before the wide ones.
MASKS = (
    Mask(name="time", pattern=_TIME, why="when it happened", replace=_always("<time>")),
    Mask(name="uuid", pattern=words.UUID, why="made for one thing or request", replace=_always("<uuid>")),
    Mask(
        name="mac",
        pattern=rf"(?:[0-9A-Fa-f]{{2}}:){{5}}[0-9A-Fa-f]{{2}}{_END}",
        why="one network card",
        replace=_always("<mac>"),
    ),
    Mask(
        name="url",
        pattern=r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s'\"<>()\[\]{}`|,]++",
        why="where it was fetched; the scheme stays, for a database is not a web page",
        replace=_masked_url,
    ),
    Mask(
        name="email",
        pattern=rf"(?<![\w.+-])[\w.+-]{{1,64}}+@(?:[\w-]{{1,63}}\.){{1,8}}[A-Za-z]{{2,24}}{_END}",
        why="a person or an account",
        replace=_always("<email>"),
    ),
    Mask(name="ipv6", pattern=_IPV6, why="one machine, with its port", replace=_always("<ip>")),
    Mask(
        name="ipv4",
        pattern=r"(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2}|:\d{1,5})?(?![A-Za-z0-9]|\.\d)",
        why="one machine or network, with its port",
        replace=_always("<ip>"),
    ),
    Mask(
        name="address",
        pattern=rf"0[xX][0-9A-Fa-f]{{1,32}}{_END}",
        why="a place in memory or a raw byte",
        replace=_always("<hex>"),
    ),
    Mask(
        name="duration",
        pattern=rf"(?:(?:{_AMOUNT}(?:ns|us|ms|s|sec|min|m|h)){{1,4}}|{_AMOUNT} ?{_UNIT}){_END}",
        why="how long it took; 900 ms and 1.2 s are the same wait",
        replace=_always("<duration>"),
    ),
    Mask(
        name="size",
        pattern=rf"{_AMOUNT} ?(?:[kKMGTP]i?B|[kKMG]i|[bB]ytes?|B){_END}",
        why="how much; 900 KB and 1.2 MB are the same shortage",
        replace=_always("<size>"),
    ),
    Mask(
        name="pod",
        pattern=rf"(?<=-)(?=[a-z]{{0,9}}\d)[bcdf-hj-np-tv-xz2-9]{{8,10}}-[bcdf-hj-np-tv-xz2-9]{{5}}{_END}",
        why="what Kubernetes appends to a name",
        replace=_always("<pod>"),
    ),
    Mask(name="hash", pattern=words.HASH, why="a commit, image or checksum", replace=_always("<hash>")),
    Mask(
        name="temporary",
        pattern=rf"tmp(?:\.[A-Za-z0-9]{{6,12}}|(?=[a-z_]{{0,7}}\d)[a-z0-9_]{{8}}){_END}",
        why="a name made up by mktemp or tempfile",
        replace=_always("<tmp>"),
    ),
    Mask(
        name="path",
        pattern=(
            r"(?<=['\"`])(?:~|\.{1,2})?/[^'\"`:<>|]{1,1024}+(?=['\"`])"
            rf"|{_ROUTE}(?<![\w@.*)\]}}><&$%])(?:~|\.{{1,2}})?(?:/{{1,2}}[\w.+@~%$#=-]++)++/?{files.PLACE}"
            rf"|[A-Za-z]:\\{{1,2}}(?:[\w.+@~%$ -]{{1,255}}+\\{{1,2}}){{0,32}}"
            rf"[\w.+@~%$-]{{0,255}}+{files.PLACE}"
        ),
        why="the same error in another file or project; its kind stays",
        replace=files.masked_path,
    ),
    Mask(
        name="code",
        pattern=(
            rf"{_CODE_WORDS}[ :=]{{1,3}}-?(?:0x[0-9A-Fa-f]{{1,8}}|\d{{1,5}}){_END}"
            rf"|(?:CVE-\d{{4}}|ORA|PLS|TNS)-\d{{4,7}}{_END}|[A-Z]{{1,5}}\d{{3,5}}{_END}"
        ),
        why="stays: here the number is the error",
        replace=str,
    ),
    Mask(
        name="standard",
        pattern=rf"(?i:utf|ucs|sha|md|iso(?:-8859)?|cp|latin|rfc|pep|aes|rsa|x86)[-_ ]\d{{1,5}}{_END}",
        why="stays: the number names a standard",
        replace=str,
    ),
    Mask(
        name="file",
        pattern=(
            rf"(?<![\w+@~-])(?!\d[\d.]{{0,40}}+(?![\w./+@~-]))(?:\.?[A-Za-z0-9_][\w+@~-]*+(?:[./]{{1,3}}[\w+@~-]++)++"
            rf"|\.env|{_NAMED_FILE}{_END}){files.PLACE}\(?"
        ),
        why="a file named without its folder, or from the folder of the project",
        replace=files.masked_file,
    ),
    Mask(
        name="place",
        pattern=rf"\d{{1,7}}:\d{{1,7}}{_END}",
        why="line and column",
        replace=_always("<place>"),
    ),
    Mask(
        name="number",
        pattern=words.NUMBER,
        why="counts, ports, process ids, versions",
        replace=_always("<n>"),
    ),
    Mask(
        name="word",
        pattern=r"[A-Za-z0-9]++",
        why="numbers inside of names, and identifiers made at random",
        replace=words.masked_word,
    ),
)
WHY = {mask.name: mask.why for mask in MASKS}
_REPLACERS = {mask.name: mask.replace for mask in MASKS}
_EXPRESSION = re.compile(
    r"(?<![A-Za-z0-9])(?:" + "|".join(f"(?P<{mask.name}>{mask.pattern})" for mask in MASKS) + ")", re.ASCII
)
