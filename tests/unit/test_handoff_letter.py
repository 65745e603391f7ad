"""The mail to the team: an agent can act on it without looking anything up."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from aftercare.errors import PermanentSendError, TemporarySendError
from aftercare.message import Mail
from aftercare.upkeep.handoffs import deliver_handoffs
from tests.fakes.house import START, FakeSender, House

ANA = {"first_name": "Ana", "last_name": "Souza", "email": "ana@example.com", "language": "pt"}


def burning(house: House, comment: str = "It burns", who: dict[str, str] = ANA) -> None:
    house.tell(
        "complaint.opened",
        complaint_id="k1",
        severity="critical",
        comment=comment,
        customer=who,
    )
    house.run("apology")


def letter(house: House) -> Mail:
    assert deliver_handoffs(house.parts) == 1
    return house.sender.mails[-1]


def test_it_says_who_what_happened_what_to_say_until_when_and_how_to_close_it(
    house: House,
) -> None:
    burning(house)
    mail = letter(house)
    assert mail.to.email == "care-team@lumeeira.example"
    assert mail.subject == "Ana (c1) needs a person by Mon 5 Jan, 16:00"
    assert "by Mon 5 Jan 2026, 16:00 (UTC-03:00)" in mail.text
    assert "Ana Souza, customer c1\nana@example.com\nreads Portuguese" in mail.text
    assert "2026-01-05 12:00  complaint k1 opened" in mail.text
    assert "the customer wrote: It burns" in mail.text
    assert "Olá, Ana." in mail.text
    assert f"aftercare handoffs close {mail.follow_up_id} --by" in mail.text
    assert "Resolving the complaint closes it too." in mail.text
    for words in ("16:00", "Ana Souza", "It burns", "Olá, Ana.", mail.follow_up_id):
        assert words in mail.html


def test_what_the_customer_wrote_is_text_and_never_markup(house: House) -> None:
    burning(house, "<script>alert(1)</script> & more")
    mail = letter(house)
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "<script>alert(1)</script> & more" in mail.text


def test_without_a_name_there_is_no_draft_that_greets_nobody(house: House) -> None:
    burning(house, who={"email": "ana@example.com"})
    mail = letter(house)
    assert mail.subject.startswith("customer (c1) needs a person")
    assert "Nothing is prepared" in mail.text
    assert "None" not in mail.text


def test_who_asked_to_be_forgotten_is_not_told_about(house: House) -> None:
    burning(house)
    house.later(minutes=1)
    house.tell("customer.erased")
    mail = letter(house)
    assert "asked to be forgotten: do not write to them" in mail.text
    for gone in ("Ana", "ana@example.com", "It burns"):
        assert gone not in mail.text + mail.html + mail.subject


def test_one_failing_delivery_stops_no_other_whatever_fails(house: House) -> None:
    for number in range(4):
        house.tell(
            "complaint.opened", None, f"c{number}", complaint_id=f"k{number}", severity="critical"
        )
    house.run("apology")
    house.sender.fail = [TemporarySendError("busy"), PermanentSendError("refused")]
    assert deliver_handoffs(house.parts) == 2
    house.later(minutes=3)
    assert deliver_handoffs(house.parts) == 2
    assert set(house.sender.accepted.values()) == {1}


@dataclass
class Broken(FakeSender):
    """Fails once in a way that nobody foresaw, then sends."""

    broken: bool = True

    def send(self, mail: Mail) -> str:
        if self.broken:
            self.broken = False
            raise RuntimeError(f"cannot write to {mail.to.email} about Ana")
        return super().send(mail)


def test_an_unforeseen_failure_stops_no_other_and_its_words_are_not_repeated(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    for who in ("c1", "c2"):
        house.tell("complaint.opened", None, who, complaint_id=f"k-{who}", severity="critical")
    house.run("apology")
    house.parts.make_sender = Broken
    assert deliver_handoffs(house.parts) == 1
    assert "hand-offs: 1 not delivered: it could not be delivered (RuntimeError)" in caplog.text
    assert "Ana" not in caplog.text


def test_the_due_time_follows_from_the_teams_own_time(house: House) -> None:
    burning(house)
    due = START + timedelta(hours=4)
    assert f"{due.astimezone(house.parts.zone):%H:%M}" in letter(house).subject
