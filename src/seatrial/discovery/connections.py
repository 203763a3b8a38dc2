"""Gives each program what its variables are for: our addresses under the application's own names.

A value that a file of theirs holds is copied only where its name and its form say that it is no secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from seatrial import kinds
from seatrial.discovery import commands, meanings
from seatrial.discovery.drafts import Draft, Given, Program, free_name, printable, slug
from seatrial.discovery.findings import Role, Setting, Store, Variable
from seatrial.kinds import lowering
from seatrial.values import names, references

_MODULES = {module.KIND: module for module in kinds.STORES}
_NAME = re.compile(names.VARIABLE_PATTERN)
_ADDRESS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:(?P<user>[^/@\s]*)@)?(?P<host>[\w.-]+)(?::(?P<port>\d{1,5}))?(?P<path>/\S*)?"
)
_MAY_BE_EMPTY = re.compile(r"\$\{?\w+\}?")
"""Of Compose's variables, those that are no error where nobody sets them."""
_PAIR = re.compile(r"([\w.-]+):(\d{1,5})")
_REFERENCE = re.compile(r"\$\{?(\w+)\}?")
_NUMBER = re.compile(r"/([1-9]\d?)$")
_HERE = frozenset({"localhost", "127.0.0.1", commands.EVERYWHERE})
_PLAIN: Mapping[str, str] = {
    "DEBUG": "false",
    "LOG_LEVEL": "info",
    "HOST": commands.LISTEN,
}
"""What a required variable of that name is given where nothing else is known."""
_GIVEN_UNLISTED = ("store", "port")
"""Roles that are filled here although a file lists what the program is given, and not these."""
_PUBLIC = re.compile(r"(\w+_)?(BASE|PUBLIC|SITE|APP|SERVER|EXTERNAL|NEXTAUTH)_UR[LI]")


@dataclass(kw_only=True, slots=True)
class Wiring:
    """One program of a draft being wired."""

    draft: Draft
    program: Program
    stores: Mapping[str, Store]
    """Those that it may be given."""
    originals: Mapping[str, str]
    """Name in the Compose file → name on the page, of stores and services."""
    driver: str = ""
    """What SQLAlchemy needs behind `postgresql` in an address."""
    named: frozenset[str] = frozenset()
    """Variables that a file gives to this program."""
    listed: bool = False
    """Those are all of them, but for the addresses of what it depends on."""
    required: frozenset[str] = frozenset()
    """Names without which the code ends."""
    loaded: frozenset[str] = frozenset()
    """Names that the program reads from a `.env` by itself."""

    def take_setting(self, setting: Setting) -> None:
        """A variable that a file gives to this program."""
        if not _NAME.fullmatch(setting.name):
            return
        place = printable(setting.place)
        if setting.name in self.program.env:
            del self.program.env[setting.name]
        if setting.value is not None:
            given = self._rewritten(setting.name, setting.value)
            if given is not None:
                self._give(setting.name, given, place)
                return
        role = meanings.role(setting.name)
        needed = setting.name in self.required or _MAY_BE_EMPTY.fullmatch(setting.value or "") is None
        if role is not None and self._play(role, setting.name, setting.value, place, needed=needed):
            return
        if setting.value is not None and _is_harmless(setting):
            self._give(setting.name, commands.escaped(setting.value), place)
        else:
            self._leave_open(setting.name, f"{place} gives it a value that was not copied")

    def take_variable(self, variable: Variable) -> None:
        """A variable that the program reads."""
        if variable.name in self.program.env or not _NAME.fullmatch(variable.name):
            return
        place = printable(variable.place)
        for role in (variable.role, meanings.role(variable.name)):
            if self.listed and role and role.sort not in _GIVEN_UNLISTED:
                continue
            if role and self._play(role, variable.name, variable.default, place, needed=variable.required):
                return
        if not variable.required or self.listed:
            return
        public = self._public_url() if _PUBLIC.fullmatch(variable.name.upper()) else None
        plain = public or _PLAIN.get(variable.name.upper().removeprefix("DJANGO_"))
        if variable.name in self.loaded:
            self._leave_to_dotenv(variable.name)
        elif plain is not None:
            self._give(variable.name, plain, f"a guess; {place} needs it")
        else:
            self._leave_open(variable.name, f"{place} needs it")

    def _play(self, role: Role, name: str, default: str | None, place: str, *, needed: bool) -> bool:
        """Whether the role could be filled."""
        match role.sort:
            case "store":
                return self._store(role, name, default, place)
            case "port":
                if self.program.process.port is not None:
                    self._give(name, commands.PORT, place)
                return self.program.process.port is not None
            case "hosts":
                self._give(name, "${env.domain},127.0.0.1", place)
                return True
            case "text":
                url = self._public_url()
                if url and needed:
                    self._give(name, url, place)
                return bool(url)
            case "secret":
                self._secret(name, "generated and shown" if role.piece == "shown" else "generated", place)
                return True
            case "operator":
                if name in self.loaded:
                    self._leave_to_dotenv(name)
                elif needed:
                    self._secret(name, "operator", place)
                else:
                    self.draft.doubt(f"{place}: {name} is optional and was left out; only its owner knows it")
                return True
        return False

    def _store(self, role: Role, name: str, default: str | None, place: str) -> bool:
        kind = "postgres" if role.kind == "database" else role.kind
        reachable = self.stores if any(one.kind == kind for one in self.stores.values()) else {}
        if not reachable and name in self.named:  # a file gives it the variable, so it means what others mean
            reachable = self.draft.stores
        fitting = [one for one, store in reachable.items() if store.kind == kind]
        if not fitting:
            return False
        words = name.lower().replace("_", "-")
        chosen = next((one for one in fitting if one in words), fitting[0])
        self.stores = {**self.stores, chosen: reachable[chosen]}
        value = self._piece(chosen, role.piece, default)
        self._use(chosen)
        known = given_by(chosen, self.draft).values()
        if any(f"${{{one}}}" not in known for one in references.placeholders(value)):
            return False
        self._give(name, value, place)
        return True

    def _piece(self, name: str, piece: str, default: str | None) -> str:
        """The placeholder for a piece of a store's address, in the form that the default has."""
        store = self.stores[name]
        match = _ADDRESS.fullmatch(default or "")
        scheme = match["scheme"] if match else ""
        if piece == "number":
            return default if default and default.isdigit() else "0"
        if piece == "pair" or (store.kind == "kafka" and piece != "port" and not scheme):
            return f"${{{name}.host}}:${{{name}.port}}"
        if piece == "user" and store.kind == "redis":
            return "default"
        if piece != "url":
            return f"${{{name}.{piece}}}"
        return self._url(name, scheme, match["path"] if match else None)

    def _url(self, name: str, scheme: str, path: str | None) -> str:
        """`${db.url}`, or its pieces behind a driver's scheme or before the number of another database."""
        kind = self.stores[name].kind
        if kind == "redis":
            number = _NUMBER.search(path or "")
            return (
                f"redis://:${{{name}.password}}@${{{name}.host}}:${{{name}.port}}/{number[1]}"
                if number
                else f"${{{name}.url}}"
            )
        if kind == "postgres":
            # A scheme of theirs works with what they have; without one it is the driver that they have.
            if scheme in {"", "sqlite"} and self.driver:
                scheme = f"postgresql+{self.driver}"
            if scheme not in {"", "postgres", "postgresql", "psql", "pgsql", "sqlite"}:
                account = f"${{{name}.user}}:${{{name}.password}}"
                return f"{scheme}://{account}@${{{name}.host}}:${{{name}.port}}/${{{name}.name}}"
        return f"${{{name}.url}}"

    def _rewritten(self, name: str, value: str) -> str | None:
        """A value that names a container or this machine, as the page says it; else None."""
        match = _ADDRESS.fullmatch(value)
        pair = _PAIR.fullmatch(value.partition(",")[0])
        host = match["host"] if match else pair[1] if pair else value
        port = (match["port"] if match else pair[2] if pair else None) or ""
        target = self.originals.get(host)
        if target is None and host in _HERE and match is not None:
            target = self._on_port(port)
            return f"${{urls.{target}}}{match['path'] or ''}" if target else None
        if target is None:
            own = str(self.program.process.port)
            return commands.PORT if name.upper().endswith("PORT") and value == own else None
        if target in self.stores or target in self.draft.stores:
            self.stores = {**self.stores, target: self.draft.stores[target]}
            self._use(target)
            if match or self.stores[target].kind == "bucket":
                return self._url(target, match["scheme"] if match else "", match["path"] if match else None)
            return f"${{{target}.host}}:${{{target}.port}}" if pair else f"${{{target}.host}}"
        return self._service(target, match, pair)

    def _service(self, target: str, match: re.Match[str] | None, pair: re.Match[str] | None) -> str | None:
        """The address of another service; its public one where waiting for it would be a circle."""
        other = next(one for one in self.draft.programs if one.name == target)
        if other.process.port is None or other is self.program:
            return None
        if not self._may_use(target):
            if match is None or not other.process.web:
                return None
            return f"${{urls.{target}}}{match['path'] or ''}"
        self._use(target)
        if match:
            return f"${{{target}.url}}{match['path'] or ''}"
        return f"${{{target}.host}}:${{{target}.port}}" if pair else f"${{{target}.host}}"

    def _may_use(self, target: str) -> bool:
        """Whether starting after it makes no circle."""
        programs = {one.name: one for one in self.draft.programs}
        seen, waiting = set[str](), [target]
        while waiting:
            name = waiting.pop()
            if name == self.program.name or (self.program.process.job and name in programs):
                return False
            if name in programs and name not in seen:
                seen.add(name)
                waiting += programs[name].uses
        return True

    def use_original(self, name: str) -> None:
        """What a Compose file says that it depends on, as far as a page can say it."""
        target = self.originals.get(name)
        if target is None or target == self.program.name:
            return
        if target in self.draft.stores:
            self._use(target)
            return
        other = next(one for one in self.draft.programs if one.name == target)
        if other.process.port is not None and not other.process.job and self._may_use(target):
            self._use(target)

    def _on_port(self, port: str) -> str | None:
        """The service that users reach on a port."""
        exposed = (one for one in self.draft.services() if one.process.web)
        return next((one.name for one in exposed if str(one.process.port) == port), None)

    def _public_url(self) -> str | None:
        exposed = [one for one in self.draft.services() if one.process.web]
        chosen = self.program if self.program in exposed else next(iter(exposed), None)
        return f"${{urls.{chosen.name}}}" if chosen else None

    def _secret(self, variable: str, source: str, place: str) -> None:
        name = slug(variable.replace("_", "-"), "secret")
        if name.removesuffix("-password") in self.draft.stores or name in self.draft.stores:
            name = slug(f"{name[:33]}-secret", "secret")
        known = self.draft.secrets.get(name)
        if known is None:
            name = free_name(name, self.draft.secrets)
            self.draft.secrets[name] = Given(value=source, why=place)
        self._use(f"secrets.{name}")
        self._give(variable, f"${{secrets.{name}}}", place)

    def _leave_to_dotenv(self, name: str) -> None:
        self.draft.doubt(f"{name}: the program reads it from .env here; elsewhere it has to be given it")

    def _leave_open(self, name: str, why: str) -> None:
        self.program.env[name] = Given(value=None, why=why)
        self.draft.doubt(f"{name}: {why}, and its name does not tell what it is for")

    def _give(self, name: str, value: str, why: str) -> None:
        self.program.env[name] = Given(value=value, why=why)

    def _use(self, name: str) -> None:
        self.program.uses[name] = None


def given_by(used: str, draft: Draft) -> dict[str, str]:
    """The variables that `uses` gives for a name, each as the placeholder that stands for the same."""
    if used.startswith("secrets."):
        return {names.variable_name(used.removeprefix("secrets.")): f"${{{used}}}"}
    store = draft.stores.get(used)
    if store is None:
        pieces = ["url", "host", "port"]
    else:
        module = _MODULES[store.kind]
        given = module.address(used, module.Spec(kind=store.kind), lowering.Use(alias=used))
        prefix = names.variable_name(used, "")
        pieces = [variable.removeprefix(prefix).lower() for variable, _ in given]
    return {names.variable_name(used, piece): f"${{{used}.{piece}}}" for piece in pieces}


def conflicts(draft: Draft) -> set[str]:
    """Names on the page that would give a variable that the application means otherwise."""
    found: set[str] = set()
    for program in draft.programs:
        for used in program.uses:
            for variable, value in given_by(used, draft).items():
                given = program.env.get(variable)
                if given is not None and given.value != value and not used.startswith("secrets."):
                    found.add(used)
    return found


def drop_what_uses_gives(draft: Draft) -> None:
    for program in draft.programs:
        for used in program.uses:
            for variable, value in given_by(used, draft).items():
                given = program.env.get(variable)
                if given is not None and given.value == value:
                    del program.env[variable]


def _is_harmless(setting: Setting) -> bool:
    """By its name no secret, and by its form no address with a password and nothing yet to be filled in."""
    value = setting.value or ""
    if meanings.is_secret(setting.name) or _REFERENCE.search(value) or "\n" in value:
        return False
    match = _ADDRESS.fullmatch(value)
    return len(value) <= 1000 and not (match and match["user"])  # noqa: PLR2004
