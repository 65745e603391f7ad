"""Hand-offs to a webhook: a real server on a free port, and every way in which it can fail."""

import base64
import hashlib
import hmac
import logging
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from aftercare.errors import TemporarySendError
from aftercare.handoffs.webhook import Webhook
from aftercare.store.engine import reading
from aftercare.store.tables import handoffs
from aftercare.upkeep.handoffs import deliver_handoffs
from tests.fakes.desk import Desk, desk
from tests.fakes.house import House

KEY = b"k" * 32
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@pytest.fixture
def answering() -> Iterator[Desk]:
    with desk() as made:
        yield made


def house_for(tmp_path: Path, address: str, secret: str = "") -> House:
    """A house whose hand-offs go to a webhook, with two of them waiting."""
    made = House(
        f"sqlite:///{tmp_path / 'store.db'}",
        handoff_webhook=address,
        handoff_webhook_secret=secret,
    )
    for number in (1, 2):
        made.tell(
            "complaint.opened",
            None,
            f"c{number}",
            complaint_id=f"k{number}",
            severity="critical",
            comment="It burns, says Ana",
        )
    made.run("apology")
    return made


def troubles(house: House) -> list[tuple[int, str | None]]:
    with reading(house.engine) as connection:
        query = select(handoffs.c.attempts, handoffs.c.trouble).order_by(handoffs.c.customer_id)
        return [(attempts, trouble) for attempts, trouble in connection.execute(query)]


def test_it_gets_each_hand_off_once_with_all_that_a_person_needs(
    tmp_path: Path, answering: Desk
) -> None:
    house = house_for(tmp_path, f"{answering.address}/hooks/aftercare")
    assert [deliver_handoffs(house.parts) for _ in range(2)] == [2, 0]
    assert {post.path for post in answering.posts} == {"/hooks/aftercare"}
    first = next(post for post in answering.posts if post.body["customer_id"] == "c1")
    assert first.headers["Content-Type"] == "application/json"
    assert first.headers["Idempotency-Key"] == first.body["handoff_id"]
    assert first.body["team"] == "care-team"
    assert first.body["reason"] == "rule critical-complaint calls for a person"
    assert first.body["due_at"] == "2026-01-05T19:00:00Z"
    assert "It burns" in first.body["story"]
    assert not [name for name in first.headers if name.startswith("webhook-")]
    assert house.sender.mails == []


def test_the_receiver_can_verify_that_it_is_ours_and_whole(tmp_path: Path, answering: Desk) -> None:
    house = house_for(tmp_path, answering.address, SECRET)
    deliver_handoffs(house.parts)
    for post in answering.posts:
        assert post.headers["webhook-id"] == post.body["handoff_id"]
        assert post.headers["webhook-timestamp"] == str(int(house.machine))
        content = f"{post.headers['webhook-id']}.{post.headers['webhook-timestamp']}."
        digest = hmac.new(KEY, content.encode() + post.raw, hashlib.sha256).digest()
        assert post.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_a_server_error_is_tried_again_at_the_next_upkeep_and_stops_no_other(
    tmp_path: Path, answering: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    house = house_for(tmp_path, answering.address)
    answering.answers.append(500)
    with caplog.at_level(logging.INFO):
        assert deliver_handoffs(house.parts) == 1
    assert sorted(troubles(house), key=str) == [(0, None), (1, "the webhook answered 500")]
    assert "hand-offs: 1 delivered, 1 to try again" in caplog.messages
    assert "hand-offs: 1 not delivered: the webhook answered 500" in caplog.messages
    assert "Ana" not in caplog.text
    assert deliver_handoffs(house.parts) == 1
    tried = [post.headers["Idempotency-Key"] for post in answering.posts]
    assert len(tried) == 3
    assert len(set(tried)) == 2
    assert {trouble for _, trouble in troubles(house)} == {None}


def test_a_redirect_is_not_followed_and_its_mend_is_named(tmp_path: Path, answering: Desk) -> None:
    house = house_for(tmp_path, answering.address)
    answering.answers.extend([302, 308])
    assert deliver_handoffs(house.parts) == 0
    assert [post.path for post in answering.posts] == ["/", "/"]
    for _, trouble in troubles(house):
        assert trouble is not None
        assert "redirects are not followed; set AFTERCARE_HANDOFF_WEBHOOK" in trouble


def test_nobody_listening_is_said_without_the_address(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = taken.getsockname()[1]
        house = house_for(tmp_path, f"http://127.0.0.1:{port}/token-4711")
        assert deliver_handoffs(house.parts) == 0
    assert troubles(house) == [(1, "the webhook refuses connections")] * 2


def test_a_host_that_nobody_knows_is_said(tmp_path: Path) -> None:
    house = house_for(tmp_path, "http://no-such-desk.invalid/")
    assert deliver_handoffs(house.parts) == 0
    assert [trouble for _, trouble in troubles(house)] == ["the webhook's host is not known"] * 2


def test_silence_is_waited_for_only_so_long(tmp_path: Path, answering: Desk) -> None:
    house = house_for(tmp_path, answering.address)
    answering.delay = 2.0
    with reading(house.engine) as connection:
        row = connection.execute(select(handoffs)).mappings().first()
    assert row is not None
    begun = time.monotonic()
    with pytest.raises(TemporarySendError, match=r"did not answer within 0\.2 s"):
        Webhook(answering.address, patience=0.2).post(row, 1000)
    assert time.monotonic() - begun < 1.5


def test_a_slow_desk_does_not_hold_the_upkeep_and_the_rest_is_tried_first_next_time(
    tmp_path: Path, answering: Desk
) -> None:
    house = house_for(tmp_path, answering.address)
    ticking = iter(range(1000, 10_000, 45))
    house.parts.machine = lambda: next(ticking)
    answering.answers.append(500)
    assert deliver_handoffs(house.parts) == 0
    assert len(answering.posts) == 1
    house.parts.machine = lambda: house.machine
    assert deliver_handoffs(house.parts) == 2
    assert answering.posts[1].body["handoff_id"] != answering.posts[0].body["handoff_id"]
