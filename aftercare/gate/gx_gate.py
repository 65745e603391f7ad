"""The gate that Great Expectations keeps."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aftercare.errors import SettingsError
from aftercare.gate.bounds import Bounds, judge_share
from aftercare.gate.docs import Docs
from aftercare.gate.frame import frame
from aftercare.gate.model import Failure, Row, Verdict
from aftercare.gate.suite import read_suite

_FORMAT = {"result_format": "COMPLETE", "unexpected_index_column_names": ["trigger_id"]}


class GxGate:
    """Judges batches with the suites of a folder. Great Expectations is imported at the first
    batch (it takes seconds); its context and suites are kept."""

    def __init__(self, folder: Path, bounds: Bounds, docs: Path | None) -> None:
        self._folder, self._bounds = folder, bounds
        self._docs = Docs(docs) if docs else None
        self._suites: dict[str, Any] = {}
        self._definition: Any = None

    def check(self, kind: str, rows: Sequence[Row]) -> Verdict:
        """Failures by trigger, and whether the batch stops. Raises SettingsError when the suite
        itself is wrong: then nothing passes."""
        if not rows:
            return Verdict()
        results = self._validate(kind, rows)
        failures = failures_of(self._folder / f"{kind}.json", results)
        stop = judge_share(kind, len(rows), failures, self._bounds)
        return Verdict(failures, stop, self._page(kind, rows))

    def _validate(self, kind: str, rows: Sequence[Row]) -> list[dict[str, Any]]:
        batch = self._batches().get_batch({"dataframe": frame(rows)})
        answer = batch.validate(self._suite(kind), result_format=_FORMAT)
        found: list[dict[str, Any]] = answer.to_json_dict()["results"]
        return found

    def _page(self, kind: str, rows: Sequence[Row]) -> str | None:
        if self._docs is None:
            return None
        return self._docs.build(kind, read_suite(self._folder, kind), frame(rows))

    def _batches(self) -> Any:
        if self._definition is None:
            gx = quiet_gx()
            context = gx.get_context(mode="ephemeral")
            context.variables.progress_bars = {"globally": False}
            asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
            self._definition = asset.add_batch_definition_whole_dataframe("rows")
        return self._definition

    def _suite(self, kind: str) -> Any:
        if kind not in self._suites:
            raw = read_suite(self._folder, kind)
            self._suites[kind] = make_suite(self._folder / f"{kind}.json", raw)
        return self._suites[kind]


def quiet_gx() -> Any:
    """Great Expectations, without its two hundred log lines."""
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    import great_expectations

    return great_expectations


def make_suite(file: Path, raw: Mapping[str, Any]) -> Any:
    """An ExpectationSuite from its JSON. Raises SettingsError for a type or argument it refuses."""
    try:
        return quiet_gx().ExpectationSuite(**raw)
    except Exception as error:  # Great Expectations raises many kinds for a wrong suite
        words = str(error).splitlines()[0][:200]
        raise SettingsError(f"{file} is no suite for Great Expectations: {words}") from error


def failures_of(file: Path, results: Sequence[Mapping[str, Any]]) -> dict[str, list[Failure]]:
    """Failures by trigger id, from validation results (which come in any order)."""
    found: dict[str, list[Failure]] = {}
    for result in results:
        meta = result["expectation_config"]["meta"]
        _refuse_crash(file, meta["name"], result.get("exception_info") or {})
        for index in result["result"].get("unexpected_index_list") or ():
            failure = Failure(meta["name"], meta["words"])
            found.setdefault(str(index["trigger_id"]), []).append(failure)
    return found


def _refuse_crash(file: Path, name: str, info: Mapping[str, Any]) -> None:
    # Either one exception or a mapping of them by metric.
    inner = [info] if "raised_exception" in info else list(info.values())
    for each in inner:
        if isinstance(each, Mapping) and each.get("raised_exception"):
            raise SettingsError(f"{file}: expectation {name} could not be evaluated; nothing passes")
