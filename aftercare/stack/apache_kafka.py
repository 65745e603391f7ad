"""A real Apache Kafka (KRaft, broker and controller in one process) on loopback."""

import base64
import secrets
import shutil
import subprocess
from pathlib import Path

from aftercare.stack import kafka_jars
from aftercare.stack.errors import StackError
from aftercare.stack.ports import LOOPBACK, free_port, is_open
from aftercare.stack.process import Child
from aftercare.stack.server import Server

# A small heap and the quick compiler only: a test's broker lives for minutes.
JVM = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"]


class ApacheKafka(Server):
    """One Apache Kafka server; with a `home` its topics outlive it."""

    name = "kafka"
    format_options: tuple[str, ...] = ()
    """Further words for Kafka's own formatting of its storage, such as the first users."""

    def __init__(self, home: Path | None = None, port: int | None = None) -> None:
        super().__init__(home, port)
        self._controller = free_port()

    @classmethod
    def available(cls) -> str | None:
        if shutil.which("java") is None:
            return "Apache Kafka needs Java 17 or newer (apt-get install default-jre-headless)"
        if not kafka_jars.cached().is_dir() and shutil.which("mvn") is None:
            return "Apache Kafka's jars are fetched with Maven (apt-get install maven)"
        return None

    @property
    def address(self) -> str:
        """The Kafka bootstrap server, `host:port`."""
        return f"{LOOPBACK}:{self.port}"

    def answers(self) -> bool:
        return is_open(self.port)

    def start(self) -> None:
        reason = self.available()
        if reason:
            raise StackError(reason)
        java = ["java", *JVM, "-cp", f"{kafka_jars.fetch()}/*"]
        properties = self._write_properties()
        if not (self.home / "data" / "meta.properties").exists():
            self._format(java, properties)
        self.child = Child(self.name, [*java, "kafka.Kafka", str(properties)], log=self.log)
        self.child.start()
        self.child.wait_until(self.answers, 60)

    def _format(self, java: list[str], properties: Path) -> None:
        cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        argv = [*java, "kafka.tools.StorageTool", "format", "--standalone"]
        argv += [f"--cluster-id={cluster}", "-c", str(properties)]
        argv += self.format_options
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode != 0:
            raise StackError(f"Kafka's storage could not be formatted:\n{done.stderr[-1000:]}")

    def _write_properties(self) -> Path:
        path = self.home / "server.properties"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._properties())
        return path

    def _properties(self) -> str:
        """One node: every replication factor is 1, a group's first poll need not wait, and a member
        may be missed sooner than after the usual six seconds."""
        return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={LOOPBACK}:{self._controller}
listeners=PLAINTEXT://{self.address},CONTROLLER://{LOOPBACK}:{self._controller}
advertised.listeners=PLAINTEXT://{self.address}
controller.listener.names=CONTROLLER
log.dirs={self.home / "data"}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""
