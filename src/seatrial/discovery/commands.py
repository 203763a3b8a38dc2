"""A command as people write it in files, as the words that a page takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

PORT = "${port.http}"
LISTEN = "${env.listen}"
"""Loopback on a laptop; every interface in a container, where neighbours come from outside."""
EVERYWHERE = "0.0.0.0"  # noqa: S104  # what their commands say, and pages do not
BIND = f"{LISTEN}:{PORT}"
_SHELL = re.compile(r"[|&;<>`*?~]|\$\(|\$|\n")
_PORTS = 65536
_PORT_VARIABLE = re.compile(r"\$(?:PORT\b|\{PORT(?::?-(\d{1,5}))?\})")
_SHELL_PORT = re.compile(r"((?:--port|--bind|-b|-p|runserver)[ =](?:[\w.]*:)?)(\d{2,5})\b")
_ADDRESSES: Mapping[str, tuple[frozenset[str], str]] = {
    "rq": (frozenset({"--url", "-u"}), "RQ_REDIS_URL"),
    "celery": (frozenset({"--broker", "-b"}), "CELERY_BROKER_URL"),
    "flower": (frozenset({"--broker", "-b"}), "CELERY_BROKER_URL"),
}
"""Options that hold an address, and the variable that its program reads in their place."""
_STRAY = re.compile(r"(?<!\$)\$\{(?!port\.http\}|env\.listen\})")
_EVERYWHERE = re.compile(r"(?<![\w.])0\.0\.0\.0(?![\w.])")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)")
_PORT_OPTIONS = frozenset({"--port", "-p", "--bind", "-b", "--listen", "--http-port", "-l"})
_MIGRATION = re.compile(
    r"\b(manage\.py migrate|django-admin migrate|alembic\b.* upgrade|flask db upgrade|prisma migrate deploy"
    r"|prisma db push|knex migrate:latest|sequelize(-cli)? db:migrate|typeorm migration:run"
    r"|drizzle-kit migrate|aerich upgrade|(npm|yarn|pnpm)( run)? (db:)?migrate\S*)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """Words for the page, the settings that stood before them, and the port that they named."""

    words: tuple[str, ...]
    settings: tuple[tuple[str, str], ...] = ()
    port: int | None = None


def unwrapped(text: str | list[str] | tuple[str, ...]) -> str | list[str]:
    """What `sh -c` is given, where the command is that; else the command."""
    try:
        words = shlex.split(text) if isinstance(text, str) else list(text)
    except ValueError:
        words = []
    if len(words) == 3 and words[0].rpartition("/")[2] in {"sh", "bash"} and words[1] in {"-c", "-lc"}:  # noqa: PLR2004
        return words[2]
    return text if isinstance(text, str) else words


def parse(command: str | list[str] | tuple[str, ...], *, listens: bool = True) -> Command:
    """The command of a text, or of a list as in Dockerfiles; a text that needs a shell is given to one.

    Of a program that listens, the port that its command names becomes the page's.
    """
    text = unwrapped(command)
    if not listens:
        return _as_it_is(text)
    if not isinstance(text, str):
        return _with_port([escaped(word) for word in text], ())
    text = text.strip()
    default = _PORT_VARIABLE.search(text)
    marked = _PORT_VARIABLE.sub("\0", text)
    try:
        words = shlex.split(marked)
    except ValueError:
        return Command(words=("sh", "-c", escaped(text)))
    settings: list[tuple[str, str]] = []
    while words and (match := _ASSIGNMENT.fullmatch(words[0])) and "\0" not in words[0]:
        settings.append((match[1], match[2]))
        words = words[1:]
    words = words[1:] if words[:1] == ["exec"] else words
    if _SHELL.search(marked) or not words:
        return _for_a_shell(escaped(marked).replace("\0", PORT), default[1] if default else None)
    made = _with_port([escaped(word).replace("\0", PORT) for word in words], tuple(settings))
    port = int(default[1]) if default and default[1] else made.port
    return Command(words=made.words, settings=made.settings, port=port)


def _for_a_shell(text: str, default: str | None) -> Command:
    """A line with `&&` and the like; a port that it names as an option's value becomes the page's."""
    named = _SHELL_PORT.search(text)
    if named and PORT not in text:
        text = f"{text[: named.start(2)]}{PORT}{text[named.end(2) :]}"
    port = default or (named[2] if named else None)
    return Command(words=("sh", "-c", text), port=int(port) if port and 0 < int(port) < _PORTS else None)


def without_address(command: Command) -> Command:
    """An address leaves the words, where everybody on the machine can read it, for the settings."""
    options, variable = _ADDRESSES.get(command.words[0] if command.words else "", (frozenset(), ""))
    words = list(command.words)
    for index, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in options and equals:
            rest, address = words[:index] + words[index + 1 :], value
        elif option in options and index + 1 < len(words):
            rest, address = words[:index] + words[index + 2 :], words[index + 1]
        else:
            continue
        settings = (*command.settings, (variable, address))
        return Command(words=tuple(rest), settings=settings, port=command.port)
    return command


def _as_it_is(text: str | list[str]) -> Command:
    if not isinstance(text, str):
        return Command(words=tuple(escaped(word) for word in text))
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    if _SHELL.search(text) or not words or _ASSIGNMENT.fullmatch(words[0]):
        return Command(words=("sh", "-c", escaped(text.strip())) if text.strip() else ())
    return Command(words=tuple(escaped(word) for word in words))


def split_migration(text: str) -> tuple[str | None, str]:
    """`python manage.py migrate && gunicorn …` → the migration, and the rest."""
    steps = [step.strip() for step in text.split("&&")]
    migrations = [step for step in steps if is_migration(step)]
    rest = [step for step in steps if step not in migrations]
    if migrations and rest and not re.search(r"\|\||[;(){}]", text):
        return " && ".join(migrations), " && ".join(rest)
    return None, text


def is_migration(text: str) -> bool:
    return _MIGRATION.search(text) is not None


def escaped(word: str) -> str:
    """A `${` of theirs is meant for their shell, and not for the page."""
    return word.replace("${", "$${")


def sound(words: tuple[str, ...]) -> tuple[str, ...]:
    """With no placeholder in them but the page's own: what code is called like is nobody's to refer to."""
    return tuple(_STRAY.sub("$${", _EVERYWHERE.sub(LISTEN, word)) for word in words)


def listens(words: tuple[str, ...]) -> bool:
    """Whether the words name the port of the page."""
    return any(PORT in word for word in words)


def shown(words: tuple[str, ...]) -> str:
    return " ".join(words)


def _with_port(words: list[str], settings: tuple[tuple[str, str], ...]) -> Command:
    """A port that stands as an option's value becomes the page's."""
    made: list[str] = []
    port: int | None = None
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        option, equals, value = word.partition("=")
        if before in _PORT_OPTIONS or (before in {"runserver", "run"} and re.search(r"\d$", word)):
            found, replaced = _replaced(word)
        elif equals and option in _PORT_OPTIONS:
            found, replaced = _replaced(value)
            replaced = f"{option}={replaced}"
        else:
            found, replaced = None, word
        port = port or found
        made.append(replaced)
    return Command(words=tuple(made), settings=settings, port=port)


def _replaced(text: str) -> tuple[int | None, str]:
    """`0.0.0.0:8000` → 8000 and `0.0.0.0:${port.http}`."""
    match = re.fullmatch(r"(.*?:)?(\d{2,5})", text)
    if match is None or not 0 < int(match[2]) < _PORTS:
        return None, text
    return int(match[2]), f"{match[1] or ''}{PORT}"
