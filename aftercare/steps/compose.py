"""Compose: every trigger that is to be sent gets its message, as a row ready to leave."""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from aftercare.crashpoints import reach
from aftercare.decision.decide import decide
from aftercare.decision.model import Action, Decision, Moment, Question, Trigger
from aftercare.errors import TemplateError
from aftercare.extras import wallet
from aftercare.gate.model import Failure, Row
from aftercare.ids import follow_up_id
from aftercare.lifecycle import Status
from aftercare.steps import incidents
from aftercare.steps.ask import lock_customer
from aftercare.steps.check import quarantine
from aftercare.steps.context import context, language_of
from aftercare.steps.model import Batch, Counts
from aftercare.steps.moments import load_moments
from aftercare.steps.moves import holds, of_batch
from aftercare.steps.parts import Parts
from aftercare.steps.siblings import Sibling, ids, leads, siblings, told_apart
from aftercare.store import trace
from aftercare.store.engine import reading, writing
from aftercare.store.tables import follow_ups
from aftercare.store.upsert import upsert
from aftercare.templating.mail import to_mail


@dataclass(frozen=True)
class Letter:
    """What a message is made of."""

    trigger: Trigger
    moment: Moment
    decision: Decision
    template: str
    extra: wallet.Reserved | None
    bundled: tuple[Sibling, ...]


def compose(parts: Parts, batch: Batch) -> Counts:
    """Render the batch's messages. A fact that a template turns out to lack quarantines the
    trigger; composing again replaces what was composed and not sent."""
    counts: Counts = Counts()
    with reading(parts.engine) as connection:
        letters = _letters(connection, parts, batch)
    for letter in letters:
        counts[_compose(parts, letter)] += 1
    return counts


def _letters(connection: Connection, parts: Parts, batch: Batch) -> list[Letter]:
    now = parts.clock.now()
    triggers = of_batch(connection, batch.batch_id, Status.CLAIMED)
    moments = load_moments(connection, triggers, parts.zone, now)
    letters = []
    for trigger in leads(triggers):
        moment = moments[trigger.trigger_id]
        rule = parts.rulebook.rules.get(trigger.rule)
        decision = decide(Question(trigger, rule, moment), parts.policy, now, parts.zone)
        if decision.action is Action.SEND:
            letters.append(_letter(connection, parts, trigger, moment, decision))
    return letters


def _letter(
    connection: Connection, parts: Parts, trigger: Trigger, moment: Moment, decision: Decision
) -> Letter:
    bundled = tuple(siblings(connection, parts, trigger))
    several = bool(told_apart(trigger, bundled))
    words = incidents.template(parts, trigger, decision, several=several) or trigger.template
    extra = wallet.of_trigger(connection, trigger.trigger_id)
    return Letter(trigger, moment, decision, words, extra, bundled)


def _compose(parts: Parts, letter: Letter) -> str:
    trigger, now = letter.trigger, parts.clock.now()
    try:
        row = _row(parts, letter)
    except TemplateError as error:
        with writing(parts.engine) as connection:
            _refuse(connection, parts, letter, error)
        return "quarantined"
    reach("after-render")
    with writing(parts.engine) as connection:
        lock_customer(connection, trigger.customer_id)
        if not holds(connection, trigger):
            return "lost"  # another worker took it over, and may have sent it already
        upsert(connection, follow_ups, [row])
        detail = {k: row[k] for k in ("template", "template_version", "language", "render_hash")}
        words = f"composed {row['template']} in {row['language']}"
        note = trace.Note(trigger.trigger_id, now, "compose", Status.CLAIMED, words, detail)
        trace.write(connection, [note])
    return "composed"


def _row(parts: Parts, letter: Letter) -> dict[str, Any]:
    trigger, now = letter.trigger, parts.clock.now()
    rule = parts.rulebook.rules[trigger.rule]
    words = context(
        letter.moment,
        extra=letter.extra,
        again=letter.decision.again,
        others=told_apart(trigger, letter.bundled),
        today=now.astimezone(parts.zone).date(),
    )
    rendered = parts.library.render(letter.template, language_of(letter.moment), words)
    identity = follow_up_id(trigger.trigger_id, trigger.attempts)
    mail = to_mail(
        rendered,
        follow_up_id=identity,
        kind=trigger.kind,
        rule=trigger.rule,
        customer=letter.moment.views["customer"],
        brand=parts.library.brand,
    )
    return {
        "follow_up_id": identity,
        "trigger_id": trigger.trigger_id,
        "customer_id": trigger.customer_id,
        "subject_id": trigger.subject_id,
        "cause": trigger.cause,
        "kind": trigger.kind,
        "rule": trigger.rule,
        "template": letter.template,
        "template_version": rendered.version,
        "language": rendered.language,
        "status": "composed",
        "composed_at": now,
        "render_hash": rendered.render_hash,
        "message": msgspec.to_builtins(mail),
        "counts": not rule.exempt,
        "extra_id": letter.extra.extra_id if letter.extra else None,
        "answers_for": ids(letter.bundled),
    }


def _refuse(connection: Connection, parts: Parts, letter: Letter, error: TemplateError) -> None:
    trigger = letter.trigger
    template = parts.library.templates[letter.template]
    row = Row(
        trigger.trigger_id,
        trigger.rule,
        letter.template,
        template.needs,
        letter.moment.views,
        parts.clock.now(),
    )
    failure = Failure("template-renders", str(error))
    quarantine(connection, parts, trigger, row, [failure])
