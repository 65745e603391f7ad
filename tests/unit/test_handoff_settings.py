"""A webhook that cannot work is told when settings are read, in words that give nothing away."""

import base64

import pytest

from aftercare import settings
from aftercare.errors import SettingsError
from aftercare.handoffs.signature import signed

ADDRESS = "https://desk.example/hooks/aftercare"
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


def load(address: str = "", secret: str = "") -> settings.Settings:
    return settings.load(
        {"AFTERCARE_HANDOFF_WEBHOOK": address, "AFTERCARE_HANDOFF_WEBHOOK_SECRET": secret}
    )


@pytest.mark.parametrize("address", [ADDRESS, "http://127.0.0.1:8080", "http://[::1]:80/x?y=z"])
def test_an_address_of_the_web_is_taken(address: str) -> None:
    assert load(address).handoff_webhook == address


@pytest.mark.parametrize(
    "address",
    [
        *("desk.example/hooks", "ftp://desk.example", "https://", "https:///hooks", "http://x:0"),
        *("http://desk.example:99999/", "mailto:a@b.example", "https://desk.example/a b", "yes"),
    ],
)
def test_anything_else_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(SettingsError, match=r"as https://desk\.example"):
        load(address)


def test_a_refused_address_is_not_repeated_because_its_path_may_open_doors() -> None:
    with pytest.raises(SettingsError) as refused:
        load("htps://desk.example/token-4711")
    assert "4711" not in str(refused.value)


def test_a_secret_is_taken_with_its_prefix_and_without() -> None:
    assert load(ADDRESS, SECRET).handoff_webhook_secret == SECRET
    assert load(ADDRESS, SECRET.removeprefix("whsec_"))


@pytest.mark.parametrize("secret", ["hunter2", "whsec_", "whsec_c2hvcnQ=", "whsec_ä", "c" * 200])
def test_a_secret_that_signs_nothing_well_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(SettingsError, match="openssl rand -base64 32") as refused:
        load(ADDRESS, secret)
    assert "hunter2" not in str(refused.value)


def test_a_secret_without_an_address_is_a_half_done_setting() -> None:
    with pytest.raises(SettingsError, match="set the address too"):
        load("", SECRET)


def test_a_signature_is_the_one_that_the_standard_gives_as_its_example() -> None:
    headers = signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
