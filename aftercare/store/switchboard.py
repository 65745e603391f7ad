"""Reading lists for operators: triggers by status and reason, switches, quarantine, hand-offs."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, func, select

from aftercare.store.tables import failed_expectations, handoffs, switches, triggers


def quarantined(connection: Connection, kind: str | None = None) -> Sequence[RowMapping]:
    """Quarantined triggers with the expectations they failed, oldest first."""
    query = (
        select(triggers, failed_expectations.c.expectation, failed_expectations.c.words)
        .join(failed_expectations, failed_expectations.c.trigger_id == triggers.c.trigger_id)
        .where(triggers.c.status == "quarantined")
        .order_by(triggers.c.status_at, triggers.c.trigger_id, failed_expectations.c.expectation)
    )
    if kind is not None:
        query = query.where(triggers.c.kind == kind)
    return connection.execute(query).mappings().all()


def open_switches(connection: Connection) -> Sequence[RowMapping]:
    """What is stopped, and why."""
    query = select(switches).order_by(switches.c.scope, switches.c.name)
    return connection.execute(query).mappings().all()


def incidents(connection: Connection) -> Sequence[RowMapping]:
    """Incidents with how many triggers they hold, by status."""
    query = (
        select(triggers.c.incident, triggers.c.status, func.count().label("triggers"))
        .where(triggers.c.incident.is_not(None))
        .group_by(triggers.c.incident, triggers.c.status)
        .order_by(triggers.c.incident, triggers.c.status)
    )
    return connection.execute(query).mappings().all()


def by_outcome(connection: Connection) -> Sequence[RowMapping]:
    """How many triggers of each rule stand where."""
    query = (
        select(triggers.c.rule, triggers.c.kind, triggers.c.status, func.count().label("triggers"))
        .group_by(triggers.c.rule, triggers.c.kind, triggers.c.status)
        .order_by(triggers.c.rule, triggers.c.status)
    )
    return connection.execute(query).mappings().all()


def all_handoffs(connection: Connection) -> Sequence[RowMapping]:
    """Every hand-off, the latest opened first."""
    query = select(handoffs).order_by(handoffs.c.opened_at.desc(), handoffs.c.handoff_id)
    return connection.execute(query).mappings().all()


def open_handoffs(connection: Connection) -> Sequence[RowMapping]:
    """Hand-offs that nobody closed yet, the most urgent first."""
    query = select(handoffs).where(handoffs.c.closed_at.is_(None)).order_by(handoffs.c.due_at)
    return connection.execute(query).mappings().all()
