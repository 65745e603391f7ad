"""Running one step inside a task: parts from the environment, ids and counts out."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from airflow.exceptions import AirflowFailException

from aftercare import settings
from aftercare.errors import (
    AftercareError,
    BatchStopped,
    PolicyError,
    RuleError,
    SchemaError,
    SettingsError,
    TemplateError,
)
from aftercare.steps.model import Batch
from aftercare.steps.parts import Parts, build
from aftercare.steps.table import STEPS
from aftercare.store.upgrade import check_schema

HOPELESS = (BatchStopped, PolicyError, RuleError, SchemaError, SettingsError, TemplateError)
"""Trying these again changes nothing; the operator reads the message instead of a traceback."""

log = logging.getLogger("aftercare")


@contextmanager
def workshop() -> Iterator[Parts]:
    """Parts for one task, closed at the end. Errors that a retry cannot mend fail at once."""
    try:
        parts = build(settings.load())
        check_schema(parts.engine)
        yield parts
    except HOPELESS as error:
        raise AirflowFailException(str(error)) from None
    except AftercareError as error:
        log.error("%s", error)
        # Without its causes: Airflow logs them too, and a statement's may quote personal data.
        raise error from None
    else:
        if "sender" in vars(parts):
            parts.sender.close()
        parts.engine.dispose()


def run_step(name: str, kind: str, batch_id: str) -> dict[str, int]:
    """One step of one batch; returns how many triggers went where."""
    with workshop() as parts:
        counts = dict(STEPS[name](parts, Batch(batch_id, kind)))
    log.info("%s %s %s", name, batch_id, counts)
    return counts


def claim_batches(kind: str, run_id: str, most: int) -> list[str]:
    """Claim up to `most` batches; returns the ids of those that hold anything.

    The ids follow from the run's, so that a retried task claims the same batches again.
    """
    batches = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run_id}/{n}")) for n in range(most)]
    claimed: list[str] = []
    for batch_id in batches:
        if not run_step("claim", kind, batch_id).get("claimed"):
            break
        claimed.append(batch_id)
    return claimed
