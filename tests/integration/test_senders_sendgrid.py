"""The SendGrid sender against a SendGrid on loopback: what was accepted, and what was said."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aftercare.errors import PermanentSendError, TemporarySendError, UnknownSendError
from aftercare.senders.errors import StopSending
from aftercare.senders.sendgrid import SendGridSender
from tests.fakes.mails import FOLLOW_UP, a_mail
from tests.fakes.sendgrid import FakeSendGrid


@pytest.fixture
def fake() -> Iterator[FakeSendGrid]:
    with FakeSendGrid(key="key") as server:
        yield server


@pytest.fixture
def sender(fake: FakeSendGrid) -> Iterator[SendGridSender]:
    made = SendGridSender("key", fake.url, read=0.5)
    yield made
    made.close()


def test_an_accepted_mail_gives_sendgrids_id(fake: FakeSendGrid, sender: SendGridSender) -> None:
    assert len(sender.send(a_mail())) == 22
    assert fake.accepted == {FOLLOW_UP: 1}


def test_the_sandbox_checks_and_gives_our_own_id(fake: FakeSendGrid) -> None:
    assert SendGridSender("key", fake.url, sandbox=True).send(a_mail()) == FOLLOW_UP


@pytest.mark.parametrize(
    "behaviour, error",
    [
        ("refuse", PermanentSendError),
        ("too-large", PermanentSendError),
        ("unauthorized", StopSending),
        ("forbidden", StopSending),
        ("redirect", StopSending),
        ("rate-limit", TemporarySendError),
        ("error", TemporarySendError),
        ("unavailable", TemporarySendError),
        ("bare-500", UnknownSendError),
        ("bad-gateway", UnknownSendError),
        ("gateway-timeout", UnknownSendError),
        ("close", UnknownSendError),
        ("hang", UnknownSendError),
    ],
)
def test_what_was_not_accepted_is_told_by_its_name_after_one_request(
    fake: FakeSendGrid, sender: SendGridSender, behaviour: str, error: type[Exception]
) -> None:
    fake.will(behaviour)
    with pytest.raises(error) as raised:
        sender.send(a_mail())
    assert type(raised.value) is error
    assert "ana" not in str(raised.value)
    assert fake.requests == 1
    assert not fake.accepted


@pytest.mark.parametrize("behaviour", ["accept-then-close", "accept-then-hang", "half-answer"])
def test_an_acceptance_whose_answer_is_lost_is_unknown_and_never_sent_again(
    fake: FakeSendGrid, sender: SendGridSender, behaviour: str
) -> None:
    sender.send(a_mail(follow_up_id="before"))
    fake.will(behaviour)
    with pytest.raises(UnknownSendError):
        sender.send(a_mail())
    assert fake.accepted[FOLLOW_UP] == 1


def test_a_rate_limit_carries_sendgrids_pause(fake: FakeSendGrid, sender: SendGridSender) -> None:
    fake.will("rate-limit")
    with pytest.raises(TemporarySendError) as raised:
        sender.send(a_mail())
    assert raised.value.retry_after == 7.0


def test_a_wrong_key_stops_sending() -> None:
    with FakeSendGrid(key="another") as fake, pytest.raises(StopSending):
        SendGridSender("key", fake.url).send(a_mail())


def test_nobody_listening_is_temporary() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with pytest.raises(TemporarySendError, match="cannot be reached"):
            SendGridSender("key", f"http://127.0.0.1:{port}").send(a_mail())


def test_a_name_that_nobody_knows_is_temporary() -> None:
    with pytest.raises(TemporarySendError, match="cannot be reached"):
        SendGridSender("key", "https://sendgrid.invalid").send(a_mail())


def test_a_failed_tls_handshake_is_temporary(fake: FakeSendGrid) -> None:
    with pytest.raises(TemporarySendError, match="cannot be reached"):
        SendGridSender("key", fake.url.replace("http:", "https:")).send(a_mail())
    assert fake.requests == 0


def test_one_connection_serves_many_mails(fake: FakeSendGrid, sender: SendGridSender) -> None:
    for number in range(20):
        sender.send(a_mail(follow_up_id=f"mail-{number}"))
    assert fake.connections == 1


def test_a_connection_that_died_idle_is_replaced(
    fake: FakeSendGrid, sender: SendGridSender
) -> None:
    sender.send(a_mail(follow_up_id="first"))
    fake.will("close")
    with pytest.raises(UnknownSendError):
        sender.send(a_mail(follow_up_id="second"))
    sender.send(a_mail(follow_up_id="third"))
    assert set(fake.accepted) == {"first", "third"}


def test_threads_share_the_sender(fake: FakeSendGrid, sender: SendGridSender) -> None:
    together = threading.Barrier(8)

    def send(thread: int) -> None:
        together.wait()
        for number in range(10):
            sender.send(a_mail(follow_up_id=f"mail-{thread}-{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(8)))
    assert len(fake.accepted) == 80
    assert set(fake.accepted.values()) == {1}
    assert fake.connections <= 8


def test_the_fake_as_a_process_keeps_its_ledger_over_a_kill(tmp_path: Path) -> None:
    ledger = tmp_path / "accepted.txt"
    command = [sys.executable, "-m", "tests.fakes.sendgrid", "--ledger", str(ledger)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            SendGridSender("key", url).send(a_mail())
        finally:
            process.kill()
    assert ledger.read_text().split() == [FOLLOW_UP]
    with FakeSendGrid(ledger=ledger) as again:
        assert again.accepted == {FOLLOW_UP: 1}
