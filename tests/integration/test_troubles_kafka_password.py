"""A Kafka that asks for a password: the right one is served, a wrong one told of."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aftercare.stack.apache_kafka import ApacheKafka
from aftercare.stack.ports import LOOPBACK, free_port
from aftercare.store.engine import open_store
from aftercare.store.upgrade import upgrade
from tests.integration.conftest import require
from tests.integration.troubled import troubled

USER, PASSWORD, WRONG = "aftercare", "right-one", "not-the-password"
REFUSED = "something listens there: check AFTERCARE_KAFKA_USERNAME, AFTERCARE_KAFKA_PASSWORD"


class Guarded(ApacheKafka):
    """Clients must name themselves by SCRAM; the broker speaks to itself on another port."""

    format_options = (f"--add-scram=SCRAM-SHA-512=[name={USER},password={PASSWORD}]",)

    def _properties(self) -> str:
        plain = f"PLAINTEXT://{self.address}"
        own = f"OWN://{LOOPBACK}:{self._own}"
        lines = super()._properties().replace(plain, f"CLIENTS://{self.address},{own}")
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        return f"""{lines}
listener.security.protocol.map=CLIENTS:SASL_PLAINTEXT,OWN:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=OWN
listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config={login}
"""

    def __init__(self, home: Path | None = None, port: int | None = None) -> None:
        super().__init__(home, port)
        self._own = free_port()


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    require(ApacheKafka)
    with Guarded() as broker:
        yield broker


@pytest.mark.kafka
def test_a_wrong_kafka_password_is_told_of_and_a_right_one_is_served(
    guarded: Guarded, tmp_path: Path
) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text('{"type": "order.placed"}\n')
    given: dict[str, Any] = {"kafka_username": USER, "kafka_password": WRONG}
    with troubled(tmp_path, kafka=guarded.address, **given) as running:
        engine = open_store(running.settings.store_url)
        upgrade(engine)
        engine.dispose()
        first = running.consume()
        running.hears(REFUSED)
        assert WRONG not in running.log().read_text()
        # Kafka does not say that it was the password, so this could be a broker that starts.
        assert first.poll() is None
        told = running.refuses("play", str(events), "--instant")
        assert REFUSED in told
        assert WRONG not in told
        running.settings = replace(running.settings, kafka_password=PASSWORD)
        process = running.consume()
        done = running.aftercare("play", str(events), "--instant")
        assert done.returncode == 0, done.stderr
        running.hears("dead letters", number=1)
        assert process.poll() is None
