"""GEKB as it really runs: the installed commands as processes, and a plain HTTP client."""

import contextlib
import dataclasses
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import types
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kit.tests.engines import free_port, wait_for

ADMIN_KEY = "gekb_" + "a" * 43
COMMAND = str(Path(sys.executable).parent / "gekb")
START_SECONDS_MAX = 30.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed

    @property
    def data(self) -> dict[str, Any]:
        assert self.status == 200, self.text
        found: dict[str, Any] = self.body["data"]
        return found

    @property
    def error(self) -> dict[str, Any]:
        assert self.status >= 400, self.text
        (found,) = self.body["errors"]
        assert self.body["success"] is False and self.body["data"] is None
        item: dict[str, Any] = found
        return item


class Process:
    """One of GEKB's processes, with its log."""

    def __init__(self, words: list[str], environment: dict[str, str], port: int) -> None:
        self.words = [COMMAND, *words]
        self.environment = environment
        self.port = port
        self.log = Path(tempfile.mkstemp(prefix="gekb-log-")[1])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, ready: bool = True) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.words, env=self.environment, stdout=log, stderr=log)
        path = "/ready" if ready else "/health"
        wait_for(
            lambda: self.probe(path) == 200,
            START_SECONDS_MAX,
            f"{self.words}: {self.log.read_text()[-2000:]}",
        )

    def probe(self, path: str) -> int:
        """The status of a probe, 0 when nobody listens."""
        assert self.process is not None and self.process.poll() is None, self.log.read_text()[-2000:]
        with contextlib.suppress(OSError, http.client.HTTPException):
            return send(self.port, "GET", path, timeout_seconds=1.0).status
        return 0

    def metric(self, name: str) -> float:
        page = send(self.port, "GET", "/metrics").text
        return next(float(line.split()[-1]) for line in page.splitlines() if line.startswith(name + " "))

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.log.unlink(missing_ok=True)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gekb:
    api: Process
    worker: Process
    database_url: str

    def ask(
        self, method: str, path: str, body: object = None, *, key: str = ADMIN_KEY, **headers: str
    ) -> Answer:
        """One request; `X_Project_ID="p"` is the header X-Project-ID."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            named.setdefault("Authorization", f"Bearer {key}")
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        if content is not None:
            named.setdefault("Content-Type", "application/json")
        return send(self.api.port, method, path, content, named)

    def submit(self, project: str, message: str, *, key: str = ADMIN_KEY, **error: object) -> dict[str, Any]:
        body = {"error": {"message": message, **error}}
        return self.ask("POST", "/v1/errors", body, key=key, X_Project_ID=project).data

    def overview(self, project: str | None = None, *, time_range: str = "all") -> dict[str, Any]:
        headers = {} if project is None else {"X_Project_ID": project}
        return self.ask("GET", f"/v1/analytics/overview?time_range={time_range}", **headers).data

    def drain(self, seconds_max: float = 30.0) -> None:
        wait_for(lambda: self.overview()["summary"]["pendingErrors"] == 0, seconds_max, "the queue's end")

    def new_key(self, *projects: str) -> dict[str, Any]:
        return self.ask("POST", "/v1/keys", {"name": "test", "projects": list(projects)}).data


def send(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    *,
    timeout_seconds: float = 15.0,
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_seconds)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(status=response.status, headers=named, text=response.read().decode())
    finally:
        connection.close()


def environment(database_url: str, cache_url: str) -> dict[str, str]:
    ours = {"DB_URL": database_url, "CACHE_URL": cache_url, "ADMIN_KEY": ADMIN_KEY, "LOG_LEVEL": "info"}
    return {"PATH": os.environ["PATH"], **ours}


@contextlib.contextmanager
def running(
    database_url: str, cache_url: str, more: Mapping[str, str] = types.MappingProxyType({})
) -> Iterator[Gekb]:
    """Migrated and ready, with `more` variables of the environment; killed at the end."""
    variables = environment(database_url, cache_url) | dict(more)
    subprocess.run([COMMAND, "migrate"], env=variables, check=True, timeout=60)
    ports = free_port(), free_port()
    api = Process(["serve", "--port", str(ports[0])], variables, ports[0])
    worker = Process(["work", "--port", str(ports[1])], variables, ports[1])
    try:
        api.start()
        worker.start()
        yield Gekb(api=api, worker=worker, database_url=database_url)
    finally:
        api.end()
        worker.end()


def unique(word: str) -> str:
    """A name that no other test has."""
    return f"{word}-{uuid.uuid4().hex[:8]}"


def pause(seconds: float) -> None:
    time.sleep(seconds)
