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

from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import msgspec
from sqlalchemy import Connection, RowMapping, select, update

from aftercare.crashpoints import reach
from aftercare.decision.model import Action, Decision, Trigger
from aftercare.errors import SendError, UnknownSendError
from aftercare.ids import follow_up_id
from aftercare.lifecycle import Status
from aftercare.message import Mail
from aftercare.steps.answer import answered
from aftercare.steps.ask import ask, lock_customer
from aftercare.steps.model import Batch, Counts
from aftercare.steps.moments import load_moments
from aftercare.steps.moves import move, of_batch
from aftercare.steps.parts import Parts
from aftercare.steps.settle import settle
from aftercare.steps.siblings import leads, siblings
from aftercare.store.engine import is_postgres, reading, writing
from aftercare.store.tables import cares, follow_ups
from aftercare.store.upsert import insert_new

THREADS = 8


def send(parts: Parts, batch: Batch) -> Counts:
    """Send what the batch composed; customers in parallel where the store allows it, one
    customer's messages in the order of their due times. Returns outcomes and their numbers."""
    with reading(parts.engine) as connection:
        triggers = leads(of_batch(connection, batch.batch_id, Status.CLAIMED))
        parallel = is_postgres(connection)
    triggers.sort(key=lambda t: (t.customer_id, t.due_at, t.trigger_id))
    by_customer = [list(group) for _, group in groupby(triggers, key=lambda t: t.customer_id)]
    with ThreadPoolExecutor(THREADS if parallel else 1, "send") as pool:
        outcomes = pool.map(lambda group: [send_one(parts, t) for t in group], by_customer)
        return Counts(outcome for group in outcomes for outcome in group)


def send_one(parts: Parts, trigger: Trigger) -> str:
    """Send one trigger's composed message; returns its outcome, or `lost` when another worker took
    the claim over, or `recompose` when the facts call for other words than those composed."""
    reach("before-question")
    found = _last_question(parts, trigger)
    if not isinstance(found, Mail):
        return found
    reach("before-send")
    try:
        result: str | SendError = parts.sender.send(found)
    except SendError as error:
        result = error
    except Exception as error:  # whatever escapes a sender: the request may have gone out
        result = UnknownSendError(f"{type(error).__name__} while sending")
    reach("after-accept")
    outcome = answered(parts, trigger, found.follow_up_id, result)
    reach("after-record")
    return outcome


def _last_question(parts: Parts, trigger: Trigger) -> Mail | str:
    """Ask everything again with the facts of this second and, if it still is to be sent, take the
    care and mark the message as going out: all in one transaction."""
    now = parts.clock.now()
    with writing(parts.engine) as connection:
        lock_customer(connection, trigger.customer_id)
        row = _composed(connection, trigger)
        moment = load_moments(connection, [trigger], parts.zone, now)[trigger.trigger_id]
        answer = ask(connection, parts, trigger, moment)
        if answer.decision.action is not Action.SEND:
            _drop(connection, trigger)
            return settle(connection, parts, trigger, moment, answer.decision, step="send")
        bundled = siblings(connection, trigger)
        if row is None or row["template"] != _template(parts, answer.decision, bundled):
            return _recompose(connection, parts, trigger)
        return _take(connection, parts, trigger, bundled, row)


def _composed(connection: Connection, trigger: Trigger) -> RowMapping | None:
    identity = follow_up_id(trigger.trigger_id, trigger.attempts)
    query = select(follow_ups).where(
        follow_ups.c.follow_up_id == identity, follow_ups.c.status == "composed"
    )
    return connection.execute(query).mappings().first()


def _template(parts: Parts, decision: Decision, bundled: list[Trigger]) -> str | None:
    return parts.policy.incidents.template if bundled else decision.template


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
    bundled: list[Trigger],
    row: RowMapping,
) -> Mail | str:
    now, identity = parts.clock.now(), row["follow_up_id"]
    lease = {"lease_until": parts.machine() + parts.settings.lease, "follow_up_id": identity}
    words = "everything was asked again: going out"
    if not move(
        connection, trigger, Status.SENDING, at=now, step="send", words=words, values=lease
    ):
        return "lost"
    for each in (trigger, *bundled):
        care = {"customer_id": each.customer_id, "subject_id": each.subject_id}
        insert_new(connection, cares, [care | {"cause": each.cause, "follow_up_id": identity}])
    _bundle(connection, parts, bundled, identity)
    where = follow_ups.c.follow_up_id == identity
    going = {"status": "sending", "attempted_at": now, "sender": parts.sender.name}
    connection.execute(update(follow_ups).where(where).values(going))
    return msgspec.convert(row["message"], Mail)


def _bundle(connection: Connection, parts: Parts, bundled: list[Trigger], identity: str) -> None:
    for each in bundled:
        decision = Decision(
            Action.BUNDLE, (f"the same incident: answered by {identity}",), answered_by=identity
        )
        moment = load_moments(connection, [each], parts.zone, parts.clock.now())[each.trigger_id]
        settle(connection, parts, each, moment, decision, step="send")
