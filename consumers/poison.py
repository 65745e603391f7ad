"""A record that was understood and yet cannot be written must not stop all the others for ever."""

from sqlalchemy import exc

from aftercare.errors import AftercareError, StoreError
from aftercare.intake import Dead, Incoming

REFUSED = "refused"
"""The reason of such dead letters. Replay them once the cause is mended."""


def poisonous(error: Exception) -> bool:
    """Whether a record may be to blame: the store refused a value, or code stumbled over one. A
    store that is away, full or of another schema is nobody's fault here."""
    if isinstance(error, StoreError):
        return isinstance(error.__cause__, (exc.DataError, exc.IntegrityError))
    if isinstance(error, exc.SQLAlchemyError):
        return isinstance(error, exc.StatementError)
    return not isinstance(error, (AftercareError, OSError, MemoryError))


def refused(record: Incoming, error: Exception) -> Dead:
    """The record as a dead letter. The error's own words stay out: they may quote the record."""
    cause = error.__cause__ if isinstance(error, StoreError) else error
    origin = cause.orig if isinstance(cause, exc.StatementError) else cause
    name = type(origin or error).__name__
    return Dead(record, REFUSED, f"understood, but it could not be written ({name})")
