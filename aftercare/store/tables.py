"""Every table, once. The migrations create these; the code reads and writes them through Core."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from aftercare.lifecycle import SPOKEN
from aftercare.store.types import Utc

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)


def _id(name: str) -> Column[str]:
    return Column(name, String(200), primary_key=True)


customers = Table(
    "customers",
    metadata,
    _id("customer_id"),
    Column("email", String(320)),
    Column("first_name", String(300)),
    Column("last_name", String(300)),
    Column("language", String(40)),
    Column("country", String(2)),
    Column("time_zone", String(64)),
    Column("consent_apology", Boolean),
    Column("consent_check_in", Boolean),
    Column("consent_small_extra", Boolean),
    Column("erased_at", Utc),
    Column("suppressed_at", Utc),
    Column("suppressed_reason", String(100)),
    Column("versions", JSON, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    _id("order_id"),
    Column("customer_id", String(200), nullable=False, index=True),
    Column("status", String(20)),
    Column("placed_at", Utc),
    Column("promised_on", Date),
    Column("total_amount", String(20)),
    Column("total_currency", String(3)),
    Column("items", JSON, nullable=False),
    Column("nth_order", Integer),
    Column("warehouse", String(300)),
    Column("shipped_at", Utc),
    Column("carrier", String(300)),
    Column("tracking", String(300)),
    Column("delivered_at", Utc),
    Column("cancelled_at", Utc),
    Column("cancel_reason", String(300)),
    Column("refunded_at", Utc),
    Column("refund_amount", String(20)),
    Column("refund_currency", String(3)),
    Column("refund_reason", String(300)),
    Column("damaged_at", Utc),
    Column("damaged_item", String(300)),
    Column("damage_note", Text),
    Column("versions", JSON, nullable=False),
)

complaints = Table(
    "complaints",
    metadata,
    _id("complaint_id"),
    Column("customer_id", String(200), nullable=False, index=True),
    Column("status", String(20)),
    Column("severity", String(20)),
    Column("comment", Text),
    Column("opened_at", Utc),
    Column("order_id", String(200)),
    Column("topic", String(300)),
    Column("updated_at", Utc),
    Column("resolved_at", Utc),
    Column("resolution", Text),
    Column("versions", JSON, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    _id("ticket_id"),
    Column("customer_id", String(200), nullable=False, index=True),
    Column("status", String(20)),
    Column("opened_at", Utc),
    Column("order_id", String(200)),
    Column("topic", String(300)),
    Column("comment", Text),
    Column("contacted_at", Utc),
    Column("channel", String(300)),
    Column("resolved_at", Utc),
    Column("resolution", Text),
    Column("reopened_at", Utc),
    Column("reopen_reason", Text),
    Column("rated_at", Utc),
    Column("score", Integer),
    Column("rating_comment", Text),
    Column("versions", JSON, nullable=False),
)

promises = Table(
    "promises",
    metadata,
    Column("promise_id", String(36), primary_key=True),
    Column("rule", String(100), nullable=False),
    Column("customer_id", String(200), nullable=False),
    Column("subject_kind", String(20), nullable=False),
    Column("subject_id", String(200), nullable=False),
    Column("topic", String(100), nullable=False),
    Column("by", Utc, nullable=False),
    Column("heard_at", Utc, nullable=False),
    Column("status", String(20), nullable=False),
    Column("event", JSON, nullable=False),
    Index("ix_promises_open", "status", "by"),
    Index("ix_promises_subject", "subject_kind", "subject_id"),
)
"""Expected events; `heard_at`: when we first heard of the promise.
status: open, kept (it came in time), missed (a trigger was born), withdrawn."""

triggers = Table(
    "triggers",
    metadata,
    Column("trigger_id", String(36), primary_key=True),
    Column("rule", String(100), nullable=False),
    Column("rule_version", String(16), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("template", String(120), nullable=False),
    Column("customer_id", String(200), nullable=False),
    Column("subject_kind", String(20), nullable=False),
    Column("subject_id", String(200), nullable=False),
    Column("cause", String(200), nullable=False),
    Column("incident", String(200)),
    Column("happened_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("born_at", Utc, nullable=False),
    Column("status", String(20), nullable=False),
    Column("status_at", Utc, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("batch_id", String(36)),
    Column("last_batch", String(36), index=True),
    Column("lease_until", Float),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("follow_up_id", String(36)),
    Column("facts_hash", String(16)),
    Index("ix_triggers_due", "kind", "status", "due_at"),
    Index("ix_triggers_lease", "status", "lease_until"),
    Index("ix_triggers_customer", "customer_id", "status"),
    Index("ix_triggers_batch", "batch_id"),
    Index("ix_triggers_subject", "subject_kind", "subject_id"),
)
"""One row a care trigger; `status` is a lifecycle.Status, `lease_until` machine seconds (epoch),
`reason` words for an operator without personal data, `facts_hash` of the row that the gate judged."""

follow_ups = Table(
    "follow_ups",
    metadata,
    Column("follow_up_id", String(36), primary_key=True),
    Column("trigger_id", String(36), ForeignKey("triggers.trigger_id"), nullable=False),
    Column("customer_id", String(200), nullable=False),
    Column("subject_id", String(200), nullable=False),
    Column("cause", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("rule", String(100), nullable=False),
    Column("template", String(120), nullable=False),
    Column("template_version", String(16), nullable=False),
    Column("language", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("composed_at", Utc, nullable=False),
    Column("attempted_at", Utc),
    Column("accepted_at", Utc),
    Column("sender", String(20)),
    Column("provider_message_id", String(200)),
    Column("render_hash", String(64), nullable=False),
    Column("message", JSON),
    Column("counts", Boolean, nullable=False, server_default=text("true")),
    Column("extra_id", String(36)),
    Column("answers_for", JSON),
    Index("ix_follow_ups_trigger", "trigger_id"),
    Index("ix_follow_ups_customer", "customer_id", "accepted_at"),
    Index(
        "uq_follow_ups_one_care",
        "customer_id",
        "subject_id",
        "cause",
        unique=True,
        sqlite_where=text("status in ('sending', 'sent', 'unknown')"),
        postgresql_where=text("status in ('sending', 'sent', 'unknown')"),
    ),
)
"""One row a message. status: composed, sending, sent, unknown, failed, dropped. What it promises and
whom else it answers is `extra_id` and `answers_for` (trigger ids of the same incident). The unique
index is promise 1: for one (customer, subject, cause) at most one message is out or may be out."""

assert {str(s) for s in SPOKEN} == {"sending", "sent", "unknown"}

cares = Table(
    "cares",
    metadata,
    Column("customer_id", String(200), primary_key=True),
    Column("subject_id", String(200), primary_key=True),
    Column("cause", String(200), primary_key=True),
    Column("follow_up_id", String(36), nullable=False, index=True),
)
"""Who answers for a (customer, subject, cause), bundled ones too: taken in the transaction that
moves to `sending`, given back when the provider refused."""

extras = Table(
    "extras",
    metadata,
    Column("extra_id", String(36), primary_key=True),
    Column("trigger_id", String(36), nullable=False, unique=True),
    Column("customer_id", String(200), nullable=False, index=True),
    Column("budget", String(100), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("amount", String(20), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("code", String(100)),
    Column("status", String(20), nullable=False),
    Column("reserved_at", Utc, nullable=False),
    Index("ix_extras_budget", "budget", "status", "reserved_at"),
)
"""What is given with a message. status: reserved, spent; a released one leaves its row to the trace."""

budgets = Table(
    "budgets",
    metadata,
    Column("budget", String(100), primary_key=True),
    Column("period", String(20), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("used_minor", BigInteger, nullable=False),
)
"""Reserved plus spent, in minor units (cents), by period (`2026-01-05`, `2026-01`): the counter that
a compare-and-set guards, so that concurrent workers cannot overdraw."""

codes = Table(
    "codes",
    metadata,
    Column("code", String(100), primary_key=True),
    Column("pool", String(100), nullable=False),
    Column("amount", String(20)),
    Column("currency", String(3)),
    Column("extra_id", String(36)),
    Index("ix_codes_free", "pool", "extra_id"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("dead_letter_id", String(36), primary_key=True),
    Column("topic", String(100), nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    Column("reason", String(50), nullable=False),
    Column("detail", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("topic", "partition", "offset"),
    Index("ix_dead_letters_status", "status", "reason"),
)
"""status: open, replayed, dropped. `detail` holds no values of the event, only places."""

offsets = Table(
    "offsets",
    metadata,
    Column("topic", String(100), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("topic_id", String(64), nullable=False, server_default=""),
    Column("first_offset", BigInteger, nullable=False, server_default="0"),
    Column("next_offset", BigInteger, nullable=False),
    Column("events", BigInteger, nullable=False, server_default="0"),
    Column("dead", BigInteger, nullable=False, server_default="0"),
    Column("skipped", BigInteger, nullable=False, server_default="0"),
    Column("read_past", Utc),
)
"""Where each partition stands. next_offset - first_offset = events + dead + skipped (offsets that
hold no record: transaction markers, compacted ones). `read_past`: the care time up to which we have
surely heard everything."""

switches = Table(
    "switches",
    metadata,
    Column("scope", String(20), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", Utc, nullable=False),
)
"""What is stopped: scope `kind` (by the gate or an operator) or `incident` (by an operator)."""

batches = Table(
    "batches",
    metadata,
    Column("batch_id", String(36), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("claimed_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("counts", JSON, nullable=False),
    Column("docs", Text),
)

failed_expectations = Table(
    "failed_expectations",
    metadata,
    Column("trigger_id", String(36), primary_key=True),
    Column("expectation", String(100), primary_key=True),
    Column("words", Text, nullable=False),
    Column("at", Utc, nullable=False),
)
"""Why a quarantined trigger is there, in words; emptied when it is checked again."""

handoffs = Table(
    "handoffs",
    metadata,
    Column("handoff_id", String(36), primary_key=True),
    Column("trigger_id", String(36), nullable=False, unique=True),
    Column("customer_id", String(200), nullable=False),
    Column("team", String(100), nullable=False),
    Column("reason", Text, nullable=False),
    Column("story", Text, nullable=False),
    Column("draft", Text),
    Column("opened_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("delivered_at", Utc),
    Column("closed_at", Utc),
    Column("closed_by", String(200)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("trouble", Text),
)
"""One row a hand-off. `attempts` counts deliveries that failed, `trouble` says why the last one did;
both are of the way to the team, not of the customer."""

handoff_closings = Table(
    "handoff_closings",
    metadata,
    Column("handoff_id", String(36), primary_key=True),
    Column("customer_id", String(200), primary_key=True),
    Column("closed_at", Utc, nullable=False),
    Column("closed_by", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
)
"""Who said that a hand-off is done, also of one that is not known yet (handoffs/closing.py)."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("provider_event_id", String(200), primary_key=True),
    Column("follow_up_id", String(36), index=True),
    Column("event", String(40), nullable=False),
    Column("at", Utc, nullable=False),
)
"""What the provider told, idempotent by its own event id."""

trace = Table(
    "trace",
    metadata,
    Column("trace_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("trigger_id", String(36), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("step", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("words", Text, nullable=False),
    Column("detail", JSON, nullable=False),
)
"""Append-only: every step of every trigger. No personal data, only ids, names and numbers."""

moves = Table(
    "moves",
    metadata,
    Column("source", String(20), primary_key=True),
    Column("target", String(20), primary_key=True),
)
"""lifecycle.MOVES, for the database trigger that refuses every other status change."""

FACT_TABLES = {"customer": customers, "order": orders, "complaint": complaints, "ticket": tickets}
