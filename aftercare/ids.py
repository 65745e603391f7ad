"""Identifiers. Those of triggers, promises and messages follow from what they stand for, so that
doing something twice names the same thing twice."""

import uuid

_SPACE = uuid.UUID("6f3e0f52-3f0b-5a57-9a3a-0d9f2a6b7c11")


def _of(*parts: str) -> str:
    # A length before each part keeps ("a", "bc") and ("ab", "c") apart.
    return str(uuid.uuid5(_SPACE, "".join(f"{len(part)}:{part}" for part in parts)))


def trigger_id(rule: str, customer_id: str, subject_id: str, cause: str) -> str:
    """One trigger a (rule, customer, subject, cause); UUIDv5 text."""
    return _of("trigger", rule, customer_id, subject_id, cause)


def promise_id(rule: str, customer_id: str, subject_id: str) -> str:
    """One expected event a (rule, customer, subject)."""
    return _of("promise", rule, customer_id, subject_id)


def follow_up_id(trigger: str, attempt: int) -> str:
    """One message an attempt: composing again names the same one, trying again another."""
    return _of("follow-up", trigger, str(attempt))


def handoff_id(trigger: str) -> str:
    """One hand-off a trigger."""
    return _of("handoff", trigger)


def extra_id(trigger: str) -> str:
    """One extra a trigger."""
    return _of("extra", trigger)


def new_id() -> str:
    """A random identifier (UUIDv4 text)."""
    return str(uuid.uuid4())
