"""What the demo tells at its end: what came in, what was caught, what was sent, and why not."""

from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, func, select

from aftercare.simulate.reasons import general
from aftercare.steps.parts import Parts
from aftercare.store.engine import reading
from aftercare.store.tables import dead_letters, failed_expectations, follow_ups, triggers
from aftercare.trace.why import stories, tell
from aftercare.upkeep.kafka_ends import kafka_ends
from aftercare.upkeep.reconcile import reconcile


def report(parts: Parts, console: Console) -> int:
    """Print everything; returns 0 when something was sent and everything adds up."""
    sums = reconcile(parts, kafka_ends)
    with reading(parts.engine) as connection:
        _came_in(connection, sums.facts, console)
        _sent(connection, console)
        _not_sent(connection, console)
        _one_story(connection, console, parts.zone)
    for line in sums.wrong:
        console.print(f"does not add up: {line}", markup=False)
    if not sums.wrong:
        console.print(
            f"everything adds up: {sums.events} events = {sums.facts} facts + {sums.dead} dead letters; "
            f"{sums.triggers} triggers, each with one outcome"
        )
    return 0 if sums.outcomes.get("sent") and not sums.wrong else 1


def _came_in(connection: Connection, facts: int, console: Console) -> None:
    table = Table("what came in", "number", title="Events", title_justify="left")
    table.add_row("became facts", str(facts))
    query = select(dead_letters.c.reason, func.count()).group_by(dead_letters.c.reason)
    for reason, number in connection.execute(query.order_by(dead_letters.c.reason)):
        table.add_row(f"dead letter: {reason}", str(number))
    console.print(table)


def _sent(connection: Connection, console: Console) -> None:
    table = Table("kind", "template", "language", "sent", title="Sent", title_justify="left")
    columns = (follow_ups.c.kind, follow_ups.c.template, follow_ups.c.language)
    query = select(*columns, func.count()).where(follow_ups.c.status == "sent")
    for kind, template, language, number in connection.execute(
        query.group_by(*columns).order_by(*columns)
    ):
        table.add_row(kind, template, language, str(number))
    console.print(table)


def _not_sent(connection: Connection, console: Console) -> None:
    table = Table("outcome", "why", "triggers", title="Not sent, and why", title_justify="left")
    counts: dict[tuple[str, str], int] = {}
    query = select(triggers.c.status, triggers.c.reason).where(
        triggers.c.status.not_in(("sent", "quarantined"))
    )
    for status, reason in connection.execute(query):
        key = (status, general(reason))
        counts[key] = counts.get(key, 0) + 1
    caught = select(failed_expectations.c.words, func.count()).group_by(failed_expectations.c.words)
    for words, number in connection.execute(caught):
        counts["quarantined", words] = number
    for (status, why), number in sorted(counts.items()):
        table.add_row(status, why, str(number))
    console.print(table)


def _one_story(connection: Connection, console: Console, zone: ZoneInfo) -> None:
    """The customer to whom most happened."""
    number = func.count(func.distinct(triggers.c.status))
    query = select(triggers.c.customer_id).group_by(triggers.c.customer_id)
    row = connection.execute(query.order_by(number.desc(), triggers.c.customer_id)).first()
    if row is None:
        return
    console.print(f"\n[bold]One customer's story[/bold] (aftercare why {row.customer_id})")
    _, told = stories(connection, row.customer_id)
    for story in told:
        console.print(
            "\n".join(tell(story, zone)), "\n", markup=False, highlight=False, soft_wrap=True
        )
