"""Data Docs: a page a run, built by Great Expectations, without a single value of a row."""

import fcntl
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from aftercare.gate.gx import quiet_gx

KEEP = 200
"""Validation results kept; older ones go, so that the folder stays small."""

_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
"""How many rows failed, and not one of their values: the pages hold no address and no name."""

_log = logging.getLogger(__name__)


class Docs:
    """Builds Data Docs in a folder, which several processes may share."""

    def __init__(self, folder: Path, keep: int = KEEP) -> None:
        self._folder, self._keep = folder, keep
        self._context: Any = None

    def build(self, kind: str, suite: Mapping[str, Any], table: Any) -> str | None:
        """Validate once more for the pages, with the suite's JSON; returns the path of this run's
        page.

        None when they could not be built: the verdict stands without them, so a full disk must not
        keep a customer waiting. The log gets the error's type only; its words may hold values.
        """
        try:
            with self._locked():
                return self._build(kind, suite, table)
        except Exception as error:  # a by-product never decides
            name = type(error).__name__
            _log.warning("Data Docs of %s were not built in %s: %s", kind, self._folder, name)
            return None

    def _build(self, kind: str, suite: Mapping[str, Any], table: Any) -> str:
        gx = quiet_gx()
        context = self._context = self._context or _open(gx, self._folder)
        checkpoint = gx.Checkpoint(
            name=kind,
            validation_definitions=[_definition(gx, context, kind, suite)],
            actions=[gx.checkpoint.UpdateDataDocsAction(name="docs")],
            result_format=_COUNTS_ONLY,
        )
        context.checkpoints.add_or_update(checkpoint)
        checkpoint.run(batch_parameters={"dataframe": table})
        self._prune("validations", "*.json")
        pages = self._prune("data_docs/local_site/validations", "*.html")
        return str(pages[-1])

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _prune(self, place: str, ending: str) -> list[Path]:
        """Remove all but the newest files and their emptied folders; returns them, newest last."""
        found = (self._folder / "gx" / "uncommitted" / place).rglob(ending)
        pages = sorted(found, key=lambda page: page.stat().st_mtime_ns)
        for old in pages[: -self._keep]:
            old.unlink(missing_ok=True)
            if not any(old.parent.iterdir()):
                old.parent.rmdir()
        return pages[-self._keep :]


def _open(gx: Any, folder: Path) -> Any:
    context = gx.get_context(mode="file", project_root_dir=str(folder))
    context.variables.progress_bars = {"globally": False}
    return context


def _definition(gx: Any, context: Any, kind: str, suite: Mapping[str, Any]) -> Any:
    source = context.data_sources.add_or_update_pandas("rows")
    batch = source.add_dataframe_asset(kind).add_batch_definition_whole_dataframe(kind)
    # From JSON each time: a context writes its own ids into the suites that it stores.
    stored = context.suites.add_or_update(gx.ExpectationSuite(**deepcopy(dict(suite))))
    definition = gx.ValidationDefinition(name=kind, data=batch, suite=stored)
    return context.validation_definitions.add_or_update(definition)
