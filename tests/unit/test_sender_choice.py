"""Which sender the settings ask for, and what is missing said in words."""

import pytest

from aftercare.clock import SystemClock
from aftercare.errors import SettingsError
from aftercare.senders import make_sender
from aftercare.settings import Settings


def make(**settings: object) -> str:
    return make_sender(Settings(**settings), SystemClock()).name  # type: ignore[arg-type]


def test_each_known_name_makes_its_sender() -> None:
    assert make(sender="outbox") == "outbox"
    assert make(sender="smtp") == "smtp"
    assert make(sender="sendgrid", sendgrid_api_key="SG.x.y") == "sendgrid"


def test_an_unknown_name_is_refused_with_the_choices_and_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"outbox, smtp, sendgrid; did you mean sendgrid\?"):
        make(sender="sendgird")


def test_sendgrid_without_a_key_says_where_to_get_one() -> None:
    with pytest.raises(SettingsError, match="AFTERCARE_SENDGRID_API_KEY is empty; make a key"):
        make(sender="sendgrid")


def test_a_key_copied_with_a_space_is_refused_before_any_mail() -> None:
    with pytest.raises(SettingsError, match="copy it again") as told:
        make(sender="sendgrid", sendgrid_api_key="SG.secret and more")
    assert "secret" not in str(told.value)


def test_a_sendgrid_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(SettingsError, match="https://"):
        make(sender="sendgrid", sendgrid_api_key="k", sendgrid_url="sendgrid")


def test_a_password_without_a_user_is_refused() -> None:
    with pytest.raises(SettingsError, match="AFTERCARE_SMTP_USERNAME"):
        make(sender="smtp", smtp_password="p")
