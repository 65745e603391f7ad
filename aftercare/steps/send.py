"""Send: the last question, the request, the answer. Exactly one message a care.

Each message goes through three moments, and a crash between them is told by the rows it left:

    last question (one transaction)  trigger claimed → sending, care taken, follow-up `sending`
        a crash before: still claimed; the lease runs out and it is claimed anew, nothing was sent
    the request to the provider
        a crash here or while waiting for the answer: `sending` with a lease that runs out → unknown,
        settled by the provider's event or by silence, never blindly sent again
    the answer (one transaction)     sending → sent, waiting, failed or unknown
        a crash before: as above; the provider's event with our id settles it as sent
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from aftercare.crashpoints import reach
from aftercare.decision.model import Action, Decision, Trigger
from aftercare.errors import SendError, TemporarySendError, UnknownSendError
from aftercare.extras import wallet
from aftercare.ids import follow_up_id
from aftercare.lifecycle import Status
from aftercare.message import Mail
from aftercare.steps import incidents
from aftercare.steps.answer import answered
from aftercare.steps.ask import ask, lock_customer
from aftercare.steps.cares import take_care
from aftercare.steps.model import Batch, Counts
from aftercare.steps.moments import load_moments
from aftercare.steps.moves import holds, move, of_batch
from aftercare.steps.parts import Parts
from aftercare.steps.settle import settle
from aftercare.steps.siblings import Sibling, ids, leads, siblings, told_apart
from aftercare.store.engine import is_postgres, reading, writing
from aftercare.store.tables import follow_ups

THREADS = 8


def send(parts: Parts, batch: Batch) -> Counts:
    """Send what the batch composed; customers in parallel where the store allows it, one
    customer's messages in the order of their due times. Returns outcomes and their numbers."""
    with reading(parts.engine) as connection:
        triggers = leads(of_batch(connection, batch.batch_id, Status.CLAIMED))
        parallel = is_postgres(connection)
    triggers.sort(key=lambda t: (t.customer_id, t.due_at, t.trigger_id))
    if not parallel:
        return Counts(send_one(parts, trigger) for trigger in triggers)
    by_customer = [list(group) for _, group in groupby(triggers, key=lambda t: t.customer_id)]
    with ThreadPoolExecutor(THREADS, "send") as pool:
        outcomes = pool.map(lambda group: [send_one(parts, t) for t in group], by_customer)
        return Counts(outcome for group in outcomes for outcome in group)


def send_one(parts: Parts, trigger: Trigger) -> str:
    """Send one trigger's composed message; returns its outcome, or `lost` when another worker took
    the claim over, or `recompose` when the facts call for other words than those composed."""
    reach("before-question")
    begun = parts.machine()
    found = _last_question(parts, trigger)
    if not isinstance(found, Mail):
        return found
    reach("before-send")
    result = _request(parts, found, begun + parts.settings.lease)
    reach("after-accept")
    outcome = answered(parts, trigger, found.follow_up_id, result)
    reach("after-record")
    return outcome


def _request(parts: Parts, mail: Mail, lease_until: float) -> str | SendError:
    if parts.machine() > lease_until:
        # Others may have taken it over, and been told that it never left.
        return TemporarySendError("its worker stood still for longer than its lease; not sent")
    try:
        return parts.sender.send(mail)
    except SendError as error:
        return error
    except Exception as error:  # whatever escapes a sender: the request may have gone out
        return UnknownSendError(f"{type(error).__name__} while sending")


def _last_question(parts: Parts, trigger: Trigger) -> Mail | str:
    """Ask everything again with the facts of this second and, if it still is to be sent, take the
    care and mark the message as going out: all in one transaction."""
    now = parts.clock.now()
    with writing(parts.engine) as connection:
        lock_customer(connection, trigger.customer_id)
        if not holds(connection, trigger):
            return "lost"
        row = _composed(connection, trigger)
        moment = load_moments(connection, [trigger], parts.zone, now)[trigger.trigger_id]
        answer = ask(connection, parts, trigger, moment)
        if answer.decision.action is not Action.SEND:
            _drop(connection, trigger)
            return settle(connection, parts, trigger, moment, answer.decision, step="send")
        bundled = siblings(connection, parts, trigger)
        says = _says(connection, parts, trigger, answer.decision, bundled)
        if row is None or {name: row[name] for name in says} != says:
            return _recompose(connection, parts, trigger)
        return _take(connection, parts, trigger, bundled, row)


def _composed(connection: Connection, trigger: Trigger) -> RowMapping | None:
    identity = follow_up_id(trigger.trigger_id, trigger.attempts)
    query = select(follow_ups).where(
        follow_ups.c.follow_up_id == identity, follow_ups.c.status == "composed"
    )
    return connection.execute(query).mappings().first()


def _says(
    connection: Connection,
    parts: Parts,
    trigger: Trigger,
    decision: Decision,
    bundled: Sequence[Sibling],
) -> dict[str, Any]:
    """What a message must say now: in these words, about these troubles, with the extra that the
    wallet holds for it and no other."""
    several = bool(told_apart(trigger, bundled))
    extra = wallet.of_trigger(connection, trigger.trigger_id)
    return {
        "template": incidents.template(parts, trigger, decision, several=several),
        "answers_for": ids(bundled),
        "extra_id": extra.extra_id if extra else None,
    }


def _drop(connection: Connection, trigger: Trigger) -> None:
    where = follow_ups.c.trigger_id == trigger.trigger_id
    where &= follow_ups.c.status == "composed"
    connection.execute(update(follow_ups).where(where).values(status="dropped", message=None))


def _recompose(connection: Connection, parts: Parts, trigger: Trigger) -> str:
    _drop(connection, trigger)
    words = "the facts changed since it was composed: composed anew"
    now = parts.clock.now()
    move(connection, trigger, Status.WAITING, at=now, step="send", words=words)
    return "recompose"


def _take(
    connection: Connection,
    parts: Parts,
    trigger: Trigger,
    bundled: Sequence[Sibling],
    row: RowMapping,
) -> Mail | str:
    now, identity = parts.clock.now(), row["follow_up_id"]
    lease = {"lease_until": parts.machine() + parts.settings.lease, "follow_up_id": identity}
    words = "everything was asked again: going out"
    if not move(
        connection, trigger, Status.SENDING, at=now, step="send", words=words, values=lease
    ):
        return "lost"
    take_care(connection, trigger, identity)
    _bundle(connection, parts, bundled, identity)
    where = follow_ups.c.follow_up_id == identity
    going = {"status": "sending", "attempted_at": now, "sender": parts.sender.name}
    connection.execute(update(follow_ups).where(where).values(going))
    return msgspec.convert(row["message"], Mail)


def _bundle(
    connection: Connection, parts: Parts, bundled: Sequence[Sibling], identity: str
) -> None:
    for other, moment in bundled:
        decision = Decision(
            Action.BUNDLE,
            (f"one message answers the whole incident (by {identity})",),
            answered_by=identity,
        )
        settle(connection, parts, other, moment, decision, step="send")
