"""The SMTP sender against servers that refuse, hang up and accept."""

import email
import email.policy
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from aftercare.clock import SystemClock
from aftercare.errors import PermanentSendError, TemporarySendError, UnknownSendError
from aftercare.message import Address
from aftercare.senders.errors import StopSending
from aftercare.senders.smtp import SmtpSender, SmtpServer
from aftercare.stack.mail_catcher import MailCatcher
from tests.fakes.mails import FOLLOW_UP, a_mail
from tests.fakes.smtp import CLOSE, FakeSmtp
from tests.integration.conftest import require


def sender(port: int, **given: object) -> SmtpSender:
    server = SmtpServer("127.0.0.1", port, **given)  # type: ignore[arg-type]
    return SmtpSender(server, SystemClock())


@pytest.fixture
def fake() -> Iterator[FakeSmtp]:
    with FakeSmtp() as server:
        yield server


def test_an_accepted_mail_gives_its_message_id_and_arrives_whole(fake: FakeSmtp) -> None:
    mail = a_mail()
    identity = sender(fake.port).send(mail)
    (raw,) = fake.mails
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Message-ID"] == identity
    assert FOLLOW_UP in identity
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_content().rstrip().splitlines() == mail.text.rstrip().splitlines()


def test_a_real_server_takes_a_mail_with_accents() -> None:
    require(MailCatcher)
    with MailCatcher() as catcher:
        sender(catcher.port).send(a_mail(subject="Olá, João: três dias", text="ação\n"))
        (message,) = catcher.mails()
    assert message["Subject"] == "Olá, João: três dias"


@pytest.mark.parametrize(
    "moment, answer, error",
    [
        ("hello", "421 too busy", TemporarySendError),
        ("hello", "554 not you", StopSending),
        ("hello", CLOSE, TemporarySendError),
        ("MAIL", "451 later", TemporarySendError),
        ("MAIL", "550 sender refused", StopSending),
        ("RCPT", "450 grey <ana@example.com>", TemporarySendError),
        ("RCPT", "550 nobody <ana@example.com>", PermanentSendError),
        ("RCPT", CLOSE, TemporarySendError),
        ("RCPT", "421 shutting down", TemporarySendError),
        ("DATA", "451 later", TemporarySendError),
        ("DATA", CLOSE, TemporarySendError),
        ("dot", "452 disk full", TemporarySendError),
        ("dot", "554 looks like spam", PermanentSendError),
        ("dot", CLOSE, UnknownSendError),
        ("dot", "399 hm", UnknownSendError),
    ],
)
def test_an_unhappy_end_is_told_by_where_it_came(
    fake: FakeSmtp, moment: str, answer: str, error: type[Exception]
) -> None:
    fake.answers[moment] = answer
    with pytest.raises(error) as raised:
        sender(fake.port).send(a_mail())
    assert isinstance(raised.value, StopSending) == (error is StopSending)
    assert "ana@" not in str(raised.value)
    assert not fake.mails


def test_silence_after_the_whole_mail_is_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as pool:
        pool.submit(_polite_until_the_dot, silent)
        with pytest.raises(UnknownSendError):
            sender(silent.getsockname()[1], timeout=0.5).send(a_mail())


def _polite_until_the_dot(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection, connection.makefile("rwb", buffering=0) as file:
        file.write(b"220 fake\r\n")
        for answer in (b"250 fake\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
            file.readline()
            file.write(answer)
        while file.readline():
            pass


def test_nobody_listening_is_temporary() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(TemporarySendError, match="AFTERCARE_SMTP_HOST"):
            sender(held.getsockname()[1]).send(a_mail())


def test_a_connection_is_kept_between_mails_and_after_a_refusal(fake: FakeSmtp) -> None:
    sending = sender(fake.port)
    sending.send(a_mail(follow_up_id="first"))
    fake.answers["RCPT"] = "550 nobody"
    with pytest.raises(PermanentSendError):
        sending.send(a_mail(follow_up_id="second"))
    fake.answers["RCPT"] = "250 ok"
    sending.send(a_mail(follow_up_id="third"))
    assert (fake.connections, len(fake.mails)) == (1, 2)
    sending.close()
    assert fake.commands[-1].upper() == "QUIT"


@pytest.mark.parametrize("goodbye", [CLOSE, "421 enough mails"])
def test_a_kept_connection_that_hangs_up_early_is_replaced_at_once(
    fake: FakeSmtp, goodbye: str
) -> None:
    sending = sender(fake.port)
    sending.send(a_mail(follow_up_id="first"))
    fake.answers = _Once(fake.answers, "MAIL", goodbye)
    sending.send(a_mail(follow_up_id="second"))
    assert (fake.connections, len(fake.mails)) == (2, 2)


class _Once(dict[str, str]):
    """Answers one command differently, the first time only."""

    def __init__(self, answers: dict[str, str], command: str, answer: str) -> None:
        super().__init__(answers)
        self.special = {command: answer}

    def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
        return self.special.pop(key, None) or super().get(key, default)


def test_no_password_leaves_over_a_connection_that_cannot_be_encrypted(fake: FakeSmtp) -> None:
    with pytest.raises(StopSending, match="STARTTLS"):
        sender(fake.port, tls=True, username="shop", password="pw").send(a_mail())
    assert not [line for line in fake.commands if line.startswith("AUTH")]


def test_a_refused_login_stops_sending_without_naming_the_password(fake: FakeSmtp) -> None:
    fake.answers |= {"EHLO": "250-fake\r\n250 AUTH PLAIN", "AUTH": "535 wrong"}
    with pytest.raises(StopSending, match="AFTERCARE_SMTP_PASSWORD") as raised:
        sender(fake.port, username="shop", password="pw-secret").send(a_mail())
    assert "pw-secret" not in str(raised.value)


def test_an_address_that_would_write_a_command_is_refused_for_good(fake: FakeSmtp) -> None:
    with pytest.raises(PermanentSendError):
        sender(fake.port).send(a_mail(to=Address("ana@example.com>\r\nRCPT TO:<eve@example.com")))
    assert not fake.mails


def test_threads_share_the_sender(fake: FakeSmtp) -> None:
    sending = sender(fake.port)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: sending.send(a_mail(follow_up_id=f"mail-{n}")), range(40)))
    assert len(fake.mails) == 40
    assert fake.connections <= 4
