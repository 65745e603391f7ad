"""The life of a care trigger and its follow-up: every status, every allowed move, once.

The store refuses any other move by itself (a table of moves and a database trigger, filled from
`MOVES` by the migration), so that no code path, however new, can resend what was settled.

    waiting ──claim──▶ claimed ──decide──▶ held, withdrawn, suppressed, escalated, expired, bundled
       ▲                  │ ──check───▶ quarantined
       │                  │ ──compose/send: the last question──▶ sending
       └──── released ────┘                                        │
                                sent ◀── accepted ──┬── sending ───┤
                          failed ◀── refused for good ┘            │
                          waiting ◀── refused for a while ─────────┤
                          unknown ◀── nobody knows ────────────────┘

A message that was given up (silence, a refusal that was none) and had arrived after all makes its
trigger `sent` from wherever it stands unspoken, when the provider's event says so.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What a message is for; one DAG, one suite and one template folder each."""

    APOLOGY = "apology"
    CHECK_IN = "check_in"
    SMALL_EXTRA = "small_extra"


PLURAL = {Kind.APOLOGY: "apologies", Kind.CHECK_IN: "check-ins", Kind.SMALL_EXTRA: "small extras"}
"""How people call several of a kind."""


class Status(StrEnum):
    """Where a trigger stands. The names are the outcomes that `aftercare reconcile` adds up."""

    WAITING = "waiting"
    HELD = "held"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    BUNDLED = "bundled"
    WITHDRAWN = "withdrawn"
    SUPPRESSED = "suppressed"
    ESCALATED = "escalated"
    QUARANTINED = "quarantined"
    EXPIRED = "expired"
    FAILED = "failed"


S = Status

CLAIMABLE = frozenset({S.WAITING, S.HELD})
"""Due ones of these are taken by a worker; `held` is decided again at its `due_at`."""

LEASED = frozenset({S.CLAIMED, S.SENDING})
"""These carry a lease. A lease that ran out: claimed → waiting, sending → unknown (never resent)."""

SPOKEN = frozenset({S.SENDING, S.SENT, S.UNKNOWN})
"""A message is out or may be out: at most one of these for a (customer, subject, cause)."""

SETTLED = frozenset(
    {S.SENT, S.BUNDLED, S.WITHDRAWN, S.SUPPRESSED, S.ESCALATED, S.EXPIRED, S.FAILED}
)
"""Nothing moves these by itself, save a newer happening that arms the trigger again (REARMABLE)."""

REARMABLE = frozenset({S.WAITING, S.HELD, S.WITHDRAWN, S.EXPIRED, S.SUPPRESSED, S.QUARANTINED})
"""Never spoken: when it happens again (a ticket resolved a second time) it starts over."""

NEEDS_PERSON = frozenset({S.ESCALATED, S.QUARANTINED, S.FAILED, S.UNKNOWN})

MOVES: dict[Status, frozenset[Status]] = {
    S.WAITING: frozenset({S.CLAIMED, S.EXPIRED, S.WITHDRAWN, S.HELD, S.BUNDLED, S.SENT}),
    S.HELD: frozenset({S.CLAIMED, S.WAITING, S.EXPIRED, S.WITHDRAWN, S.BUNDLED, S.SENT}),
    S.CLAIMED: frozenset(
        {
            S.WAITING,
            S.HELD,
            S.SENDING,
            S.BUNDLED,
            S.WITHDRAWN,
            S.SUPPRESSED,
            S.ESCALATED,
            S.QUARANTINED,
            S.EXPIRED,
            S.FAILED,
            S.SENT,
        }
    ),
    S.SENDING: frozenset({S.SENT, S.WAITING, S.FAILED, S.UNKNOWN}),
    S.UNKNOWN: frozenset({S.SENT, S.WAITING, S.EXPIRED, S.FAILED}),
    S.QUARANTINED: frozenset({S.WAITING, S.WITHDRAWN, S.EXPIRED, S.SENT}),
    S.BUNDLED: frozenset({S.WAITING}),
    S.WITHDRAWN: frozenset({S.WAITING, S.SENT}),
    S.SUPPRESSED: frozenset({S.WAITING, S.SENT}),
    S.EXPIRED: frozenset({S.WAITING, S.SENT}),
    S.FAILED: frozenset({S.WAITING, S.WITHDRAWN, S.SENT}),
    S.ESCALATED: frozenset({S.WITHDRAWN, S.WAITING}),
    S.SENT: frozenset(),
}


def may_move(source: Status, target: Status) -> bool:
    """Whether a trigger may go from `source` to `target`; staying is always allowed."""
    return source == target or target in MOVES[source]
