"""Real buses for tests: NATS from its wheel, Kafka from its Maven packages, with the topics of each test."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiokafka.admin
import nats
import pytest
from nats.js import api

from kit.tests.engines import START_SECONDS_MAX, Engine, free_port

USER, PASSWORD = "tester", "buses-in-tests"
LOGIN = f'user: "{USER}", password: "{PASSWORD}"'
NATS_BIN = Path(sys.executable).parent / "nats-server"
POM = Path(__file__).parent / "kafka" / "pom.xml"
JARS = Path(os.environ.get("SEATRIAL_KAFKA_JARS", POM.parents[3] / ".seatrial" / "kafka"))
MAVEN_SECONDS_MAX = 300
CLUSTER = "c2VhdHJpYWwtdGVzdHMtMQ"  # 16 bytes in base64, as Kafka wants them
MEMORY = "-Xmx512m"
MESSAGE_BYTES_MAX = 1024 * 1024  # of a topic, as the page has it by itself
LOST_SECONDS_MIN = 1.0  # what the tests' Kafka lets a group ask for


class Bus(Engine):
    """An engine that an application knows by the address in BUS_URL, and by the topics in it."""

    url: str

    async def create_topic(
        self, topic: str, partitions: int, message_bytes_max: int = MESSAGE_BYTES_MAX
    ) -> None:
        raise NotImplementedError

    async def delete_topic(self, topic: str) -> None:
        raise NotImplementedError

    async def create_topics(self, *topics: str, partitions: int) -> None:
        for topic in topics:
            await self.create_topic(topic, partitions)


def stream(topic: str, partitions: int, message_bytes_max: int) -> api.StreamConfig:
    """What a topic of the page is on NATS."""
    return api.StreamConfig(
        name=topic.replace(".", "-"),
        max_msg_size=message_bytes_max,
        subjects=[f"{topic}.{number}" for number in range(partitions)],
        metadata={"seatrial.topic": topic, "seatrial.partitions": str(partitions)},
    )


class NatsServer(Bus):
    @property
    def url(self) -> str:  # type: ignore[override]
        return f"nats://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    def answers(self) -> bool:
        return _listens(self.port)

    async def create_topic(
        self, topic: str, partitions: int, message_bytes_max: int = MESSAGE_BYTES_MAX
    ) -> None:
        async with await nats.connect(self.url) as connection:
            await connection.jetstream().add_stream(stream(topic, partitions, message_bytes_max))

    async def delete_topic(self, topic: str) -> None:
        async with await nats.connect(self.url) as connection:
            await connection.jetstream().delete_stream(topic.replace(".", "-"))


class KafkaServer(Bus):
    @property
    def url(self) -> str:  # type: ignore[override]
        return f"kafka://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    def answers(self) -> bool:
        return _listens(self.port)

    async def create_topic(
        self, topic: str, partitions: int, message_bytes_max: int = MESSAGE_BYTES_MAX
    ) -> None:
        limits = {"max.message.bytes": str(message_bytes_max)}
        async with self._admin() as admin:
            await admin.create_topics([aiokafka.admin.NewTopic(topic, partitions, 1, topic_configs=limits)])
            async with asyncio.timeout(START_SECONDS_MAX):
                while topic not in await admin.list_topics():  # the broker hears of it a little later
                    await asyncio.sleep(0.02)

    async def delete_topic(self, topic: str) -> None:
        async with self._admin() as admin, asyncio.timeout(START_SECONDS_MAX):
            await admin.delete_topics([topic])
            while topic in await admin.list_topics():
                await asyncio.sleep(0.02)

    @contextlib.asynccontextmanager
    async def _admin(self) -> AsyncIterator[aiokafka.admin.AIOKafkaAdminClient]:
        admin = aiokafka.admin.AIOKafkaAdminClient(
            bootstrap_servers=f"127.0.0.1:{self.port}",
            security_protocol="SASL_PLAINTEXT",
            sasl_mechanism="SCRAM-SHA-512",
            sasl_plain_username=USER,
            sasl_plain_password=PASSWORD,
        )
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()


@contextlib.contextmanager
def nats_server(login: str = LOGIN) -> Iterator[NatsServer]:
    """Every accepted message is on the disk, as on a laptop whose power may fail."""
    with tempfile.TemporaryDirectory(prefix="nats-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        settings = {
            "listen": f'"127.0.0.1:{port}"',
            "jetstream": f'{{store_dir: "{folder / "data"}", sync_interval: always}}',
            "authorization": f"{{{login}}}",
        }
        path = folder / "nats.conf"
        path.write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
        engine = NatsServer(command=[str(NATS_BIN), "-c", str(path)], folder=folder, port=port)
        engine.start()
        try:
            yield engine
        finally:
            engine.kill()


@contextlib.contextmanager
def kafka_server() -> Iterator[KafkaServer]:
    """One node that is broker and controller; clients come in with a password, the node itself without."""
    jars = kafka_jars()
    with tempfile.TemporaryDirectory(prefix="kafka-", ignore_cleanup_errors=True) as name:
        folder, port, inside, controller = Path(name), free_port(), free_port(), free_port()
        path = folder / "server.properties"
        path.write_text(_properties(folder, port, inside, controller))
        java = ["java", MEMORY, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*"]
        login = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
        formatting = [
            "kafka.tools.StorageTool",
            "format",
            "-t",
            CLUSTER,
            "-c",
            str(path),
            "--add-scram",
            login,
        ]
        subprocess.run([*java, *formatting], check=True, capture_output=True, timeout=60)
        engine = KafkaServer(command=[*java, "kafka.Kafka", str(path)], folder=folder, port=port)
        engine.start()
        try:
            yield engine
        finally:
            engine.kill()


def kafka_jars() -> Path:
    """The folder of the jars, fetched once; without Java or Maven a laptop goes without these tests."""
    missing = [word for word in ("java", "mvn") if shutil.which(word) is None]
    if missing:
        message = f"Kafka's tests need {' and '.join(missing)} on the path"
        assert "CI" not in os.environ, message
        pytest.skip(message)
    done = JARS / "pom.xml"  # last, so a fetch that was cut is begun again
    if not done.is_file() or done.read_bytes() != POM.read_bytes():
        shutil.rmtree(JARS, ignore_errors=True)
        words = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={JARS}"]
        fetched = subprocess.run(
            ["mvn", "-q", "-B", "-f", str(POM), *words],
            capture_output=True,
            text=True,
            timeout=MAVEN_SECONDS_MAX,
            check=False,
        )
        if fetched.returncode != 0:
            assert "CI" not in os.environ, fetched.stdout
            pytest.skip("Kafka's jars could not be fetched")
        shutil.copy(POM, done)
    return JARS


def _properties(folder: Path, port: int, inside: int, controller: int) -> str:
    at = {"CLIENT": port, "INSIDE": inside, "CONTROLLER": controller}
    listeners = {name: f"{name}://127.0.0.1:{number}" for name, number in at.items()}
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": ",".join(listeners.values()),
        "advertised.listeners": f"{listeners['CLIENT']},{listeners['INSIDE']}",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "INSIDE",
        "controller.listener.names": "CONTROLLER",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.client.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "log.dirs": str(folder / "data"),
        "auto.create.topics.enable": "false",
        "broker.session.timeout.ms": "2000",  # after a kill the node waits so long for itself
        "broker.heartbeat.interval.ms": "500",
        "offsets.topic.num.partitions": "1",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": str(int(LOST_SECONDS_MIN * 1000)),
    }
    return "".join(f"{key}={value}\n" for key, value in settings.items())


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


SERVERS = {"nats": nats_server, "kafka": kafka_server}


@pytest.fixture(scope="session", params=SERVERS)
def bus_server(request: pytest.FixtureRequest) -> Iterator[Bus]:
    """Each test on each bus; a test that hurts one starts it again."""
    with SERVERS[request.param]() as engine:
        yield engine
