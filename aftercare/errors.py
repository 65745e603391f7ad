"""The exception tree. Every message names the place and the mend; none carries personal data.

AftercareError
├── SettingsError            a setting is missing or cannot be read
├── RuleError                a rule file is wrong (file, rule, field)
├── TemplateError            a template, its about.yml or brand.yml is wrong
├── PolicyError              the policy file is wrong
├── EventError               one event cannot be understood → dead letter
├── StoreError               the store cannot be used
│   ├── SchemaError          the schema is older or newer than the code
│   ├── OffsetMoved          somebody else wrote this partition meanwhile
│   └── MoveRefused          a status change that the life of a follow-up does not know
├── StreamError              Kafka: away, topic made again, too many dead letters
├── BatchStopped             the gate stopped a kind
├── SendError                a sender failed
│   ├── TemporarySendError   not accepted; may be tried again (retry_after seconds)
│   ├── PermanentSendError   not accepted; will never be
│   └── UnknownSendError     nobody knows whether it was accepted
└── UsageError               a command was called wrongly
"""


class AftercareError(Exception):
    """Base of every error that Aftercare raises on purpose; str() is fit for a user."""


class SettingsError(AftercareError):
    """A setting is missing or cannot be read."""


class RuleError(AftercareError):
    """A rule file is wrong; the message names file, rule, field and the nearest right name."""


class TemplateError(AftercareError):
    """A template, its about.yml or brand.yml is wrong."""


class PolicyError(AftercareError):
    """The policy file is wrong."""


class EventError(AftercareError):
    """An event that cannot be understood. `reason` is a short stable code, str() the words."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class StoreError(AftercareError):
    """The store cannot be used (away, full, read-only, wrong password). `passing`: it may be well
    again by itself, so whoever runs for long waits instead of ending."""

    passing = False


class SchemaError(StoreError):
    """The store's schema is older or newer than the code."""


class OffsetMoved(StoreError):
    """Another consumer wrote this partition since our batch began; the batch must be dropped."""


class MoveRefused(StoreError):
    """A status change that the life of a follow-up does not know."""


class StreamError(AftercareError):
    """Kafka cannot be used as it stands; the message says what to do."""


class BatchStopped(AftercareError):
    """The gate stopped a kind: what was seen, and how to resume."""


class SendError(AftercareError):
    """A sender failed."""


class TemporarySendError(SendError):
    """The provider did not accept it and may do so later. `retry_after` is in machine seconds."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PermanentSendError(SendError):
    """The provider refused it for good."""


class UnknownSendError(SendError):
    """The request went out and no answer came back: it may have been accepted."""


class UsageError(AftercareError):
    """A command was called with words that do not fit."""
