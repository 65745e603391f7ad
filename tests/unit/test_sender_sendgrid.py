"""What goes to SendGrid and what its answers mean; no sockets."""

import json
import logging
from datetime import UTC, datetime

import pytest
import urllib3

from aftercare.errors import (
    PermanentSendError,
    SendError,
    TemporarySendError,
    UnknownSendError,
)
from aftercare.senders.errors import StopSending, redact
from aftercare.senders.sendgrid import SendGridSender
from aftercare.senders.sendgrid.answer import Answer, refusal
from aftercare.senders.sendgrid.payload import payload
from tests.fakes.mails import FOLLOW_UP, a_mail
from tests.fakes.sendgrid import SPEC, payload_validator

NOW = 1_767_600_000.0
NOON = datetime.fromtimestamp(NOW, UTC)


def told(status: int, *words: str, **headers: str) -> SendError:
    body = json.dumps({"errors": [{"message": w, "field": None} for w in words]}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return refusal(Answer(status, named, body if words else b"<html>"), NOW)


def test_the_request_carries_the_follow_up_id_everywhere_it_can_come_back() -> None:
    body = payload(a_mail(), NOON, sandbox=False)
    (person,) = body["personalizations"]
    assert person["custom_args"] == {
        "follow_up_id": FOLLOW_UP,
        "kind": "apology",
        "rule": "late-delivery",
    }
    assert set(body["categories"]) == {"apology", "late-delivery"}
    assert body["headers"]["X-Aftercare-Follow-Up"] == FOLLOW_UP
    assert body["reply_to"] == {"email": "care@shop.example", "name": "The shop"}
    assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]
    assert person["to"] == [{"email": "ana@example.com", "name": "Ana Souza"}]
    assert "mail_settings" not in body


def test_a_small_extra_can_be_declined_through_sendgrid_too() -> None:
    headers = payload(a_mail(kind="small_extra"), NOON, sandbox=False)["headers"]
    assert headers["List-Unsubscribe"].startswith("<mailto:care@shop.example")


def test_the_sandbox_is_asked_for_in_the_request() -> None:
    body = payload(a_mail(), NOON, sandbox=True)
    assert body["mail_settings"] == {"sandbox_mode": {"enable": True}}


@pytest.mark.skipif(not SPEC.exists(), reason="SendGrid's OpenAPI file is not on this machine")
@pytest.mark.parametrize("sandbox", [False, True])
def test_the_request_fits_sendgrids_own_description(sandbox: bool) -> None:
    payload_validator().validate(payload(a_mail(), NOON, sandbox=sandbox))


@pytest.mark.parametrize("status", [400, 413])
def test_a_wrong_message_is_refused_for_good(status: int) -> None:
    assert type(told(status, "no")) is PermanentSendError


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 415])
def test_what_is_everybodys_problem_marks_no_mail_as_failed(status: int) -> None:
    error = told(status, "no")
    assert isinstance(error, StopSending)
    assert isinstance(error, TemporarySendError)
    assert "AFTERCARE_SENDGRID_API_KEY" in str(error)


@pytest.mark.parametrize("status", [502, 504, 520])
def test_a_gateway_that_lost_sight_leaves_it_unknown(status: int) -> None:
    assert type(told(status)) is UnknownSendError
    assert type(told(status, "in words")) is UnknownSendError


def test_a_500_is_believed_only_in_sendgrids_own_words() -> None:
    assert type(told(500, "internal server error")) is TemporarySendError
    assert type(told(500)) is UnknownSendError


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({"Retry_After": "7"}, 7.0),
        ({"retry_after": "7"}, 7.0),
        ({"Retry_After": "Mon, 05 Jan 2026 08:01:00 GMT"}, 60.0),
        ({"X_RateLimit_Reset": "1767600030"}, 30.0),
        ({"Retry_After": "7", "X_RateLimit_Reset": "1767600030"}, 7.0),
        ({"X_RateLimit_Reset": "1767500000"}, 1.0),
        ({"Retry_After": "999999"}, 3600.0),
        ({"Retry_After": "soon"}, None),
        ({}, None),
    ],
)
def test_a_rate_limit_says_when_to_come_back(
    headers: dict[str, str], seconds: float | None
) -> None:
    error = told(429, "too many requests", **headers)
    assert isinstance(error, TemporarySendError)
    assert error.retry_after == seconds


def test_no_address_and_no_key_reaches_an_error() -> None:
    assert "ana" not in str(told(400, "The address <ana@example.com> is not valid"))
    assert redact(b"550 5.1.1 <ana@example.com>: nobody") == "550 5.1.1 <[address]>: nobody"


@pytest.mark.parametrize(
    "raised", [urllib3.exceptions.ProtocolError("reset"), TimeoutError(), ValueError("odd")]
)
def test_whatever_goes_wrong_after_connecting_is_unknown(
    raised: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = SendGridSender("key", "http://127.0.0.1:9")

    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(sender._pool, "request", fail)
    with pytest.raises(UnknownSendError):
        sender.send(a_mail())


def test_a_message_that_the_sdk_refuses_is_refused_for_good() -> None:
    sender = SendGridSender("key", "http://127.0.0.1:9")
    with pytest.raises(PermanentSendError):
        sender.send(a_mail(text="SG.abc.def"))


def test_the_sdk_never_logs_a_payload_or_the_key(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sender = SendGridSender("secret-key", "http://127.0.0.1:9")
    answer = urllib3.HTTPResponse(b"", {"X-Message-Id": "abc"}, 202)
    monkeypatch.setattr(sender._pool, "request", lambda *_, **__: answer)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("python_http_client.client").setLevel(logging.DEBUG)
        assert sender.send(a_mail()) == "abc"
    assert "ana@example.com" not in caplog.text
    assert "secret-key" not in caplog.text
