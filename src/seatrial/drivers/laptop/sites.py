"""What one part is given on this machine: folders, ports, secrets, settings, every reference resolved."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seatrial import errors, parts
from seatrial.drivers.laptop import folders, leftovers, ports
from seatrial.plan import Plan
from seatrial.values import references

_CALLERS = (
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""Of the caller's environment only what a program needs to find its way about; nothing else leaks in."""
_PROXIES = ("HTTP_PROXY", "http_proxy")


_INTERPRETERS = Path(sys.base_exec_prefix) / "bin"
"""Where `python` is found if nowhere else; the programs of our own environment are not the application's."""

SETTING = "SEATRIAL_ENV_"
"""Begins the variable by which an operator replaces a plain setting, in every part that has it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What all parts of a run share."""

    plan: Plan
    folder: folders.Folder
    ports: Mapping[str, int]
    secrets: Mapping[str, str]
    schemes: Mapping[str, str] = field(default_factory=dict)
    """What an endpoint speaks here, where that is not what the page's product speaks."""
    said: Mapping[str, str] = field(default_factory=dict)
    """What the operator says by variables, or in `.env`."""
    externals: Mapping[str, parts.External] = field(default_factory=dict)
    """Those that the operator put elsewhere."""

    def site(self, part: parts.Workload | parts.Job) -> Site:
        return Site(ground=self, part=part, mark=leftovers.Mark(run=self.folder.run, part=part.name))


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """What one workload or job is given."""

    ground: Ground
    part: parts.Workload | parts.Job
    mark: leftovers.Mark

    @property
    def endpoints(self) -> tuple[parts.Endpoint, ...]:
        return tuple(one for one in self.ground.plan.of(parts.Endpoint) if one.of == self.part.name)

    @property
    def port(self) -> int | None:
        """Where its first endpoint listens."""
        return self.ground.ports[self.endpoints[0].name] if self.endpoints else None

    @property
    def data(self) -> Path:
        """Folder of its first volume."""
        return self.ground.folder.data / (self.part.volumes[0] if self.part.volumes else self.part.name)

    def resolve(self, template: references.Template) -> str:
        return template.resolve(self._meaning)

    def _meaning(self, reference: references.Reference) -> str:
        ground = self.ground
        match reference:
            case references.HostOf():
                return ports.HOST
            case references.PortOf() | references.ListenOn():
                return str(ground.ports[reference.endpoint])
            case references.SchemeOf():
                return ground.schemes.get(reference.endpoint, reference.scheme)
            case references.BucketOf():
                return (ground.folder.data / reference.bucket).as_uri()
            case references.FolderOf():
                return str(ground.folder.data / reference.volume)
            case references.ExternalOf():
                return str(getattr(self._external(reference.external), reference.piece))
            case references.SecretOf():
                return ground.secrets[reference.name]
            case references.PublicUrlOf():
                return ports.urls(ground.ports, ground.plan.of(parts.Exposure))[reference.exposure]

    def _external(self, name: str) -> parts.External:
        if replaced := self.ground.externals.get(name):
            return replaced
        return next(one for one in self.ground.plan.of(parts.External) if one.name == name)

    def make_folders(self) -> None:
        """The folders of its volumes and of the buckets that it may use."""
        wanted = list(self.part.volumes)
        reached = {access.to for access in self.ground.plan.of(parts.Access) if access.by == self.part.name}
        wanted += [bucket.name for bucket in self.ground.plan.of(parts.Bucket) if bucket.name in reached]
        for name in wanted:
            (self.ground.folder.data / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def context(self, command: parts.Command) -> Path:
        """Folder that the command runs in. Raises MissingError."""
        return context_of(self.ground.plan, command)

    def environment(self, programs: tuple[Path, ...] = ()) -> dict[str, str]:
        """Variables of its process; `programs` are the folders that are searched first."""
        return self.common(programs) | self._tracing() | self.settings() | self.mark.environment

    def common(self, programs: tuple[Path, ...] = ()) -> dict[str, str]:
        """What every process here has, whatever the page says."""
        caller = {name: value for name, value in os.environ.items() if name in _CALLERS or name[:3] == "LC_"}
        searched = dict.fromkeys(map(str, (*programs, *os.get_exec_path(), _INTERPRETERS)))
        return caller | {"PATH": os.pathsep.join(searched), "PYTHONUNBUFFERED": "1"}

    def _tracing(self) -> dict[str, str]:
        """Where a program of the application sends its spans, in the words of OpenTelemetry."""
        port = self.ground.ports.get(ports.OTLP.name)
        if port is None or not isinstance(self.part.program, parts.Command):
            return {}
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{ports.HOST}:{port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_SERVICE_NAME": self.part.name,
            **self._sampling(),
            **_direct(),
        }

    def _sampling(self) -> dict[str, str]:
        """Which share of requests is traced, where the page says it; else all are."""
        shares = [one.traced_share for one in self.ground.plan.of(parts.Observation)]
        if not shares:
            return {}
        sampler = "parentbased_traceidratio"
        return {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": f"{shares[0]:g}"}

    def names_of_settings(self) -> frozenset[str]:
        """What `settings` gives, without the texts."""
        shared = (config for config in self.ground.plan.of(parts.Config) if config.name in self.part.configs)
        return frozenset(
            [name for name, _ in self.part.env] + [name for config in shared for name, _ in config.values]
        )

    def settings(self) -> dict[str, str]:
        """What the page gives it; plain settings as the operator has them, where that was said."""
        shared = {config.name: dict(config.values) for config in self.ground.plan.of(parts.Config)}
        settings: dict[str, str] = {}
        for name in self.part.configs:
            settings |= shared[name]
        settings |= {name: self.resolve(template) for name, template in self.part.env}
        derived = {name for name, template in self.part.env if any(template.references())}
        said = self.ground.said
        return {
            name: text if name in derived else said.get(f"{SETTING}{name}", text)
            for name, text in settings.items()
        }


def context_of(plan: Plan, command: parts.Command) -> Path:
    """Folder that a command runs in. Raises MissingError."""
    folder = (plan.directory / command.build.context).resolve()
    if not folder.is_dir():
        raise errors.MissingError(f"the folder of the build, {folder}, does not exist")
    return folder


def _direct() -> dict[str, str]:
    """The caller's proxies are not for what listens on this machine."""
    if not any(os.environ.get(name) for name in _PROXIES):
        return {}
    kept = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    names = ",".join(name for name in (kept, ports.HOST, "localhost") if name)
    return {"NO_PROXY": names, "no_proxy": names}


def wanted_secrets(plan: Plan) -> tuple[parts.Secret, ...]:
    """The secrets that something in the plan refers to, and those that people need."""
    named: set[str] = set()
    running: tuple[parts.Workload | parts.Job, ...] = (*plan.of(parts.Workload), *plan.of(parts.Job))
    for part in running:
        templates = [template for _, template in part.env]
        if isinstance(part.program, parts.Command):
            templates += part.program.words
        else:
            named |= {part.program.password} if part.program.password else set()
            named |= {account.password for account in part.program.accounts}
        named |= {
            reference.name
            for template in templates
            for reference in template.references()
            if isinstance(reference, references.SecretOf)
        }
    return tuple(secret for secret in plan.of(parts.Secret) if secret.name in named or secret.shown)
