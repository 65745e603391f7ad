"""SMTP with STARTTLS and a login, against a real server with a certificate of its own."""

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aftercare.clock import SystemClock
from aftercare.senders.errors import StopSending
from aftercare.senders.smtp import SmtpSender, SmtpServer
from aftercare.stack.ports import LOOPBACK, free_port
from tests.fakes.mails import a_mail


class Keep:
    """Remembers the mails and whether they came encrypted."""

    def __init__(self) -> None:
        self.encrypted: list[bool] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.encrypted.append(session.ssl is not None)
        return "250 kept"


@dataclass
class Secure:
    """A running server, what it kept and the certificate to trust."""

    port: int
    keep: Keep
    certificate: Path

    def sender(self, password: str, trusted: bool = True) -> SmtpSender:
        context = ssl.create_default_context(cafile=self.certificate) if trusted else None
        server = SmtpServer(LOOPBACK, self.port, "shop", password, tls=True, context=context)
        return SmtpSender(server, SystemClock())


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Secure]:
    certificate, key = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    keep, port = Keep(), free_port()
    controller = Controller(
        keep,
        hostname=LOOPBACK,
        port=port,
        tls_context=context,
        require_starttls=True,
        authenticator=lambda *args: AuthResult(
            success=args[-1].password == b"right", handled=False
        ),
        auth_required=True,
    )
    controller.start()
    yield Secure(port, keep, certificate)
    controller.stop()


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), False
        )
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    pem = serialization.Encoding.PEM
    certificate.write_bytes(made.public_bytes(pem))
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(pem, form, plain))
    return certificate, secret


def test_a_mail_travels_encrypted_and_logged_in(secure: Secure) -> None:
    sender = secure.sender("right")
    sender.send(a_mail())
    sender.close()
    assert secure.keep.encrypted == [True]


def test_a_wrong_password_stops_sending(secure: Secure) -> None:
    with pytest.raises(StopSending, match="AFTERCARE_SMTP_PASSWORD"):
        secure.sender("wrong").send(a_mail())
    assert not secure.keep.encrypted


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(secure: Secure) -> None:
    with pytest.raises(StopSending, match="TLS"):
        secure.sender("right", trusted=False).send(a_mail())
    assert not secure.keep.encrypted
