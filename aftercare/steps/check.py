"""Check: the quality gate. Bad rows into quarantine one by one, a bad batch stops the kind."""

import logging
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, update

from aftercare.decision.decide import decide
from aftercare.decision.model import Action, Decision, Question, Trigger
from aftercare.extras import wallet
from aftercare.gate.frame import row_hash
from aftercare.gate.model import Failure, Row, Verdict
from aftercare.lifecycle import Status
from aftercare.steps.model import Batch, Counts
from aftercare.steps.moments import load_moments
from aftercare.steps.moves import move, of_batch
from aftercare.steps.parts import Parts
from aftercare.steps.switch import stop
from aftercare.store import trace
from aftercare.store.engine import reading, writing
from aftercare.store.tables import batches, failed_expectations

log = logging.getLogger("aftercare")


def check(parts: Parts, batch: Batch) -> Counts:
    """Judge every claimed trigger of the batch that might be sent.

    Triggers that the decision settles anyway (withdrawn, expired, …) are left to it: a customer who
    asked to be forgotten is no data error. Raises BatchStopped when the batch as a whole is bad;
    then every claim is released and nothing is sent.
    """
    rows = _rows(parts, batch)
    if not rows:
        return Counts()
    verdict = parts.gate.check(batch.kind, [row for _, row in rows])
    log.info("Data Docs of batch %s: %s", batch.batch_id, verdict.docs or "not built")
    with writing(parts.engine) as connection:
        _note_docs(connection, batch, verdict)
        if verdict.stop is not None:
            _release(connection, parts, batch)
            counts = Counts()
        else:
            counts = _quarantine(connection, parts, rows, verdict)
    if verdict.stop is not None:
        stop(parts, "kind", batch.kind, verdict.stop, loud=True)
    return counts


def _rows(parts: Parts, batch: Batch) -> list[tuple[Trigger, Row]]:
    now = parts.clock.now()
    with reading(parts.engine) as connection:
        triggers = of_batch(connection, batch.batch_id, Status.CLAIMED)
        moments = load_moments(connection, triggers, parts.zone, now)
    rows = []
    for trigger in triggers:
        moment = moments[trigger.trigger_id]
        question = Question(trigger, parts.rulebook.rules.get(trigger.rule), moment)
        decision = decide(question, parts.policy, now, parts.zone)
        if decision.action in (Action.SEND, Action.HOLD):
            template = _template(trigger, decision)
            needs = parts.library.templates[template].needs
            rows.append(
                (trigger, Row(trigger.trigger_id, trigger.rule, template, needs, moment.views, now))
            )
    return rows


def _template(trigger: Trigger, decision: Decision) -> str:
    return decision.template or trigger.template


def _quarantine(
    connection: Connection, parts: Parts, rows: Sequence[tuple[Trigger, Row]], verdict: Verdict
) -> Counts:
    counts: Counts = Counts()
    now = parts.clock.now()
    notes = []
    for trigger, row in rows:
        failures = verdict.failures.get(trigger.trigger_id, ())
        if failures:
            counts["quarantined"] += quarantine(connection, parts, trigger, row, failures)
        else:
            counts["good"] += 1
            words = "every expectation is met"
            notes.append(trace.Note(trigger.trigger_id, now, "check", Status.CLAIMED, words))
    trace.write(connection, notes)
    return counts


def quarantine(
    connection: Connection, parts: Parts, trigger: Trigger, row: Row, failures: Sequence[Failure]
) -> bool:
    """Put one trigger aside with the expectations that it failed, in words."""
    now = parts.clock.now()
    words = "; ".join(failure.words for failure in failures)
    names = [failure.expectation for failure in failures]
    values = {"facts_hash": row_hash(row)}
    moved = move(
        connection,
        trigger,
        Status.QUARANTINED,
        at=now,
        step="check",
        words=words,
        values=values,
        detail={"expectations": names, "words": [failure.words for failure in failures]},
    )
    if moved:
        wallet.release(connection, trigger.trigger_id)
        of_this = failed_expectations.c.trigger_id == trigger.trigger_id
        connection.execute(delete(failed_expectations).where(of_this))
        for failure in {f.expectation: f for f in failures}.values():
            key = {"trigger_id": trigger.trigger_id, "at": now}
            connection.execute(insert(failed_expectations).values(key | vars(failure)))
    return moved


def _release(connection: Connection, parts: Parts, batch: Batch) -> None:
    now = parts.clock.now()
    for trigger in of_batch(connection, batch.batch_id, Status.CLAIMED):
        words = "the batch was stopped by the gate: released"
        move(connection, trigger, Status.WAITING, at=now, step="check", words=words)


def _note_docs(connection: Connection, batch: Batch, verdict: Verdict) -> None:
    where = batches.c.batch_id == batch.batch_id
    connection.execute(update(batches).where(where).values(docs=verdict.docs))
