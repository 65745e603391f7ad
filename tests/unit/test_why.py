"""`aftercare why`, read with the eyes of somebody who has never seen the code."""

import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from typer.testing import CliRunner

import aftercare.cli.why as command
from aftercare.cli.main import build_app
from aftercare.errors import PermanentSendError, UnknownSendError, UsageError
from aftercare.intake import Incoming, take_in_deliveries
from aftercare.intake.expect import judge_promises
from aftercare.rules.model import Rulebook
from aftercare.store.engine import reading, writing
from aftercare.trace.data import as_data
from aftercare.trace.load import Story
from aftercare.trace.quiet import nothing_called
from aftercare.trace.why import stories, summary, tell
from tests.fakes.house import House


def told(house: House, name: str = "c1") -> list[Story]:
    with reading(house.engine) as connection:
        return stories(connection, name)[1]


def words(house: House, name: str = "c1") -> str:
    """The only story that there is, in lines."""
    (story,) = told(house, name)
    return "\n".join(tell(story, house.parts.zone))


def send_late_order(house: House) -> None:
    house.late_order()
    house.later(hours=2)
    house.run()


def delivery(house: House, event: str) -> None:
    """The provider tells something of the only message."""
    (message,) = told(house)[0].messages
    data = {"event": event, "sg_event_id": f"sg-{event}", "follow_up_id": message["follow_up_id"]}
    data["timestamp"] = int(house.clock.now().timestamp())
    raw = {"specversion": "1.0", "id": "d", "source": "/sg", "type": "delivery", "data": data}
    record = Incoming("deliveries", 0, 0, None, msgspec.json.encode(raw))
    with writing(house.engine) as connection:
        take_in_deliveries(connection, [record], house.clock.now())


def judge(house: House) -> None:
    """Everything was heard up to this moment: promises are judged."""
    now = house.clock.now()
    with writing(house.engine) as connection:
        judge_promises(
            connection,
            {"orders": now},
            rulebook=house.parts.rulebook,
            zone=house.parts.zone,
            now=now,
        )


def resolved_ticket(house: House) -> None:
    house.tell("support.opened", ticket_id="k1", topic="a lamp that flickers")
    house.tell("support.resolved", ticket_id="k1")


def test_a_sent_one_is_told_from_the_event_to_the_providers_events(house: House) -> None:
    send_late_order(house)
    house.later(minutes=1)
    delivery(house, "delivered")
    text = words(house)
    assert text.startswith("An apology to customer c1 about order o1, by rule late-delivery\n")
    assert (
        "SENT. It was sent on Mon 5 Jan 2026, 14:00 (UTC-03:00): the provider accepted it." in text
    )
    assert "Since then: the customer's mail server took it, on Mon 5 Jan 2026, 14:01" in text
    assert "promised for Sat 3 Jan 2026; total 100.00 BRL." in text
    steps = (
        "The event order.delivered (event e2, topic orders, partition 0, offset 2) called for an "
        "apology by rule late-delivery (version ",
        "The quality gate let it pass: every expectation of suite apology is met.",
        "Decided to send it: nothing speaks against it. A voucher of 10.00 BRL was set aside for it.",
        "Written from template apology/late_delivery (version ",
        " in Portuguese (render hash ",
        "Asked again seconds before sending: nothing had changed, and the message went out.",
        "The provider accepted it (message id id-",
        "The customer's mail server took it (provider's event sg-delivered).",
        "Extra: a voucher of 10.00 BRL, given.",
    )
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


def test_a_held_one_says_why_until_when_and_what_happens_then(house: House) -> None:
    house.late_order()
    house.later(hours=9)
    house.run()
    text = words(house)
    assert (
        "HELD. It is held, because these are quiet hours in America/Sao_Paulo (21:00 to 08:00). "
        "It is decided again on Tue 6 Jan 2026, 08:00 (UTC-03:00)."
    ) in text
    assert (
        "What next: everything is asked again before it is sent; after Sat 10 Jan 2026, 12:00 "
        "(UTC-03:00) it expires. There is nothing to do."
    ) in text


def test_one_that_waits_for_an_open_case_names_the_case(house: House) -> None:
    resolved_ticket(house)
    house.later(minutes=5)
    house.tell("complaint.opened", complaint_id="p1", severity="low", comment="it broke")
    house.later(days=3)
    house.run("check_in")
    text = words(house, "k1")
    assert "because a complaint of the customer is open (complaint p1)." in text
    assert "It is decided again as soon as that changes." in text


def test_a_withdrawn_one_says_what_is_no_longer_true_and_what_is_true_now(house: House) -> None:
    resolved_ticket(house)
    house.later(hours=5)
    house.tell("support.reopened", ticket_id="k1")
    house.later(days=3)
    house.run()
    text = words(house)
    assert (
        "WITHDRAWN. It was withdrawn on Thu 8 Jan 2026, 17:00 (UTC-03:00), because the ticket was "
        'opened again (now the ticket\'s status is "reopened"). Nothing was sent.'
    ) in text
    assert "What next: if it happens again, it starts over." in text


def test_a_promise_kept_after_all_is_not_blamed_on_the_rule(house: House) -> None:
    promised = (house.clock.now() + timedelta(days=1)).date().isoformat()
    house.tell("order.placed", order_id="o1", promised_on=promised, items=[])
    house.later(days=4)
    judge(house)
    house.tell("order.delivered", house.clock.now() - timedelta(days=3), order_id="o1")
    house.run()
    assert "because what was expected came in time after all. Nothing was sent." in words(house)


def test_a_bundled_one_points_to_the_message_that_answers_it(house: House) -> None:
    house.late_order(days=5)
    judge(house)
    house.run()
    house.later(hours=2)
    house.run()
    first, second = told(house)
    text = "\n".join(tell(second, house.parts.zone))
    assert (
        "BUNDLED. It needs no message of its own: an apology about order o1 (rule promise-missed), "
        "sent on Mon 5 Jan 2026, 12:00 (UTC-03:00), answers it too."
    ) in text
    assert f"What next: nothing. Its story: aftercare why {first.trigger['trigger_id']}" in text
    missed = "\n".join(tell(first, house.parts.zone))
    assert (
        "The event order.delivered was expected by Fri 2 Jan 2026, 00:00 and had not come."
        in missed
    )


def test_a_quarantined_one_says_what_is_wrong_and_how_to_mend_it(house: House) -> None:
    house.gate.bad = {"c1"}
    send_late_order(house)
    text = words(house)
    assert (
        "QUARANTINED. The quality gate put it aside on Mon 5 Jan 2026, 14:00 (UTC-03:00): "
        "the address is missing. Nothing is sent meanwhile."
    ) in text
    name = told(house)[0].trigger["trigger_id"]
    assert "What next: mend the fact at its source" in text
    assert f"aftercare quarantine release {name}" in text
    assert "The quality gate put it aside: the address is missing (address-valid)." in text


def test_an_escalated_one_says_who_looks_after_it_until_when(house: House) -> None:
    house.tell("complaint.opened", complaint_id="p1", severity="critical", comment="it burned")
    house.later(minutes=1)
    house.run()
    text = words(house)
    assert text.startswith("A case for a person: customer c1, complaint p1, by rule critical-")
    assert (
        "ESCALATED. A person looks after it (care-team), because rule critical-complaint calls for "
        "a person. It is due on Mon 5 Jan 2026, 16:01 (UTC-03:00)."
    ) in text
    assert "aftercare handoffs show " in text
    assert "it burned" not in text


def test_one_that_a_person_is_done_with_says_how_it_ended(house: House) -> None:
    house.tell("complaint.opened", complaint_id="p1", severity="critical", comment="it burned")
    house.run()
    house.later(hours=2)
    house.tell("complaint.resolved", complaint_id="p1", resolution="a new one is on its way")
    story = next(s for s in told(house) if s.handoff is not None)
    text = "\n".join(tell(story, house.parts.zone))
    assert "A person looked after it (care-team)" in text
    assert "Closed on Mon 5 Jan 2026, 14:00 (UTC-03:00) by complaint.resolved." in text


def test_an_expired_one_says_when_it_was_too_late_and_what_had_held_it(house: House) -> None:
    house.late_order()
    house.later(hours=9)
    house.run()
    house.later(days=6)
    house.run()
    assert (
        "EXPIRED. Nothing was sent: after Sat 10 Jan 2026, 12:00 (UTC-03:00) it would have come too "
        "late. Until then it was held, because these are quiet hours in America/Sao_Paulo (21:00 to "
        "08:00)."
    ) in words(house)


def test_a_failed_an_unknown_and_a_refused_one_say_what_the_provider_said(house: House) -> None:
    house.sender.fail = [PermanentSendError("the address does not exist")]
    send_late_order(house)
    assert "the provider refused it for good on Mon 5 Jan 2026, 14:00" in words(house)
    assert "(the address does not exist)" in words(house)


def test_an_unknown_one_says_that_it_is_not_sent_again_and_who_may_settle_it(house: House) -> None:
    house.sender.fail = [UnknownSendError("no answer within 10 s")]
    send_late_order(house)
    text = words(house)
    assert "UNKNOWN. It went out, and nobody knows yet whether the provider accepted it" in text
    assert "It is not sent again blindly" in text
    assert f"aftercare unknown settle {told(house)[0].trigger['trigger_id']} --arrived" in text


def test_a_refused_consent_reads_as_a_sentence(house: House) -> None:
    house.tell("customer.updated", customer={"consents": {"apology": False}})
    send_late_order(house)
    assert "Nothing is sent, because the customer does not want apologies." in words(house)


def test_of_a_forgotten_customer_the_story_remains_and_nothing_personal(house: House) -> None:
    send_late_order(house)
    house.later(days=1)
    house.tell("customer.erased")
    (story,) = told(house)
    text = "\n".join(tell(story, house.parts.zone)) + json.dumps(as_data(story, house.parts.zone))
    assert "The customer asked to be forgotten on Tue 6 Jan 2026, 14:00 (UTC-03:00)" in text
    assert "SENT. It was sent on Mon 5 Jan 2026" in text
    for personal in ("Ana", "c1@example.com", "Luminária"):
        assert personal not in text


def test_history_that_came_too_late_says_so(house: House) -> None:
    placed = house.clock.now() - timedelta(days=40)
    promised = (placed + timedelta(days=3)).date().isoformat()
    house.tell("order.placed", placed, order_id="o1", promised_on=promised, items=[])
    house.tell("order.delivered", placed + timedelta(days=5), order_id="o1")
    text = words(house)
    assert "Nothing was sent: it was too late already when it was heard of." in text
    assert "but it was heard of only after Wed 7 Jan" not in text


def test_of_many_stories_the_summary_comes_first(house: House) -> None:
    for number in range(3):
        house.late_order(f"o{number}")
        house.later(hours=3)
        house.run()
        house.later(hours=21)
    with reading(house.engine) as connection:
        found, several = stories(connection, "c1")
    lines = summary(found, several, house.parts.zone)
    assert lines[0] == "Customer c1: care was called for 3 times (2 sent, 1 escalated)."
    assert lines[2].startswith("  Mon 5 Jan 2026   sent         an apology about order o0 (late-")
    assert lines[2].endswith(several[0].trigger["trigger_id"][:8])


def test_the_beginning_of_an_id_is_enough(house: House) -> None:
    send_late_order(house)
    (story,) = told(house)
    assert told(house, story.trigger["trigger_id"][:6]) == [story]
    assert told(house, story.messages[0]["follow_up_id"][:6]) == [story]
    assert told(house, story.messages[0]["provider_message_id"]) == [story]
    assert told(house, "o1") == [story]


def test_a_beginning_that_several_share_is_asked_to_be_longer(house: House) -> None:
    for who in ("customer-11", "customer-12"):
        house.late_order(f"o-{who}", who)
    with pytest.raises(UsageError, match="is the beginning of customer customer-11 and customer "):
        told(house, "customer-1")


def test_an_unknown_name_is_answered_with_the_nearest(house: House) -> None:
    house.late_order(customer="customer-17")
    with pytest.raises(UsageError, match=r"nothing is known .* Did you mean customer-17\?"):
        told(house, "customer-71")


def test_an_empty_store_says_that_nothing_was_heard(house: House) -> None:
    with pytest.raises(UsageError, match="nothing was heard of anybody yet"):
        told(house, "customer-71")


def test_somebody_whom_no_rule_matched_is_known_and_what_is_expected_is_told(house: House) -> None:
    house.tell("order.placed", order_id="o9", promised_on="2026-01-08", items=[])
    with reading(house.engine) as connection:
        found, several = stories(connection, "c1")
        lines = nothing_called(connection, found, house.parts.zone)
    assert several == []
    assert lines == [
        "Customer c1 is known (1 order), but no care rule has matched so far: nothing was sent, and "
        "nothing is planned.",
        "  If nothing is heard of order o9 by Sat 10 Jan 2026, 00:00 (UTC-03:00), rule "
        "promise-missed calls for care.",
    ]


def test_machines_get_the_whole_chain(house: House) -> None:
    send_late_order(house)
    delivery(house, "delivered")
    (story,) = told(house)
    data = json.loads(json.dumps(as_data(story, house.parts.zone)))
    assert data["event"] == {
        "event_id": "e2",
        "type": "order.delivered",
        "topic": "orders",
        "partition": 0,
        "offset": 2,
    }
    assert data["rule"]["name"] == "late-delivery"
    assert data["expectations"][0]["met"] is True
    assert data["decisions"][0]["reasons"] == ["nothing speaks against it"]
    (message,) = data["messages"]
    assert message["template"] == "apology/late_delivery"
    assert message["language"] == "pt"
    assert len(message["render_hash"]) == 64
    assert message["provider_message_id"].startswith("id-")
    assert [e["event"] for e in message["events"]] == ["delivered"]
    assert data["outcome"] == "sent"


@pytest.fixture
def why(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The command over the house."""
    monkeypatch.setattr(command, "parts", lambda: house.parts)
    house.parts.engine = house.engine

    def call(*arguments: str) -> str:
        done = CliRunner().invoke(build_app(), ["why", *arguments], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    return call


def test_the_command_tells_few_stories_in_full_and_of_many_the_summary(
    house: House, why: Callable[..., str]
) -> None:
    house.late_order("o0")
    assert "Step by step, times in America/Sao_Paulo:" in why("c1")
    for number in range(1, 5):
        house.late_order(f"o{number}")
    assert "Step by step" not in why("c1")
    assert "One story in full: aftercare why " in why("c1")
    assert why("c1", "--all").count("Step by step") == 5
    assert len(json.loads(why("c1", "--json"))) == 5


def test_a_rule_without_words_for_what_is_gone_shows_its_condition(house: House) -> None:
    rules = dict(house.parts.rulebook.rules)
    rules["is-it-fixed"] = dataclasses.replace(rules["is-it-fixed"], gone=None)
    house.parts.rulebook = Rulebook.of(list(rules.values()))
    resolved_ticket(house)
    house.tell("support.reopened", house.clock.now() + timedelta(hours=1), ticket_id="k1")
    house.later(days=3)
    house.run()
    told = 'because what the rule asks is no longer true: ticket.status == "resolved" (now the'
    assert told in words(house)
