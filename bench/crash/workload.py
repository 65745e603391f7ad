"""What goes in: late orders with repetitions, wrong order and bad bytes; and the provider's events."""

import json
import random
import time
import uuid
from collections import deque
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from bench.crash.ground import Ground


def produce(ground: Ground, seed: int, rate: float, stop: Event, told: Path) -> None:
    """Send late orders until told to stop; every order id is a line of `told` before it is sent."""
    random_ = random.Random(seed)
    producer, number = _producer(ground), 0
    with told.open("w") as ids:
        while not stop.is_set():
            burst: list[tuple[bytes, bytes]] = []
            for _ in range(max(1, round(rate / 2))):
                order, customer = f"o{number}", f"c{number}"
                ids.write(order + "\n")
                ids.flush()
                burst += _late(order, customer)
                number += 1
            burst += random_.choices(burst, k=len(burst) // 8)
            random_.shuffle(burst)
            for key, value in burst:
                producer.send("orders", value, key=key)
            if random_.random() < 0.5:
                producer.send("orders", random_.randbytes(40), key=b"x")
            time.sleep(0.5)
    producer.flush(timeout=60)


def _late(order: str, customer: str) -> list[tuple[bytes, bytes]]:
    now = datetime.now(UTC)
    person = {"email": f"{customer}@example.com", "first_name": "Ana", "language": "en"}
    placed: dict[str, Any] = {
        "promised_on": (now - timedelta(days=3)).date().isoformat(),
        "customer": person,
    }
    found = []
    for kind, time_, data in (
        ("order.placed", now - timedelta(days=9), placed),
        ("order.delivered", now, {}),
    ):
        event = {
            "specversion": "1.0",
            "type": kind,
            "id": f"{order}:{kind}",
            "source": "/rig",
            "time": time_.isoformat(),
            "data": {"customer_id": customer, "order_id": order, **data},
        }
        found.append((customer.encode(), json.dumps(event).encode()))
    return found


def tell_deliveries(ground: Ground, stop: Event) -> None:
    """Follow the provider's ledger and send its events, as the Event Webhook would."""
    producer, read = _producer(ground), 0
    seen: deque[tuple[float, str]] = deque()
    while not stop.is_set():
        lines = ground.ledger.read_text().split() if ground.ledger.exists() else []
        seen += [(time.monotonic() + ground.late, follow_up) for follow_up in lines[read:]]
        while seen and seen[0][0] <= time.monotonic():
            _, follow_up = seen.popleft()
            data = {
                "event": "processed",
                "sg_event_id": uuid.uuid4().hex,
                "timestamp": int(time.time()),
                "follow_up_id": follow_up,
            }
            event = {"specversion": "1.0", "id": data["sg_event_id"], "source": "/rig"}
            event |= {"type": "sendgrid.processed", "data": data}
            producer.send("deliveries", json.dumps(event).encode(), key=follow_up.encode())
        read = len(lines)
        time.sleep(0.2)


def _producer(ground: Ground) -> Any:
    from kafka import KafkaProducer

    return KafkaProducer(bootstrap_servers=ground.kafka, delivery_timeout_ms=300_000)
