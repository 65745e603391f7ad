"""The gate that Great Expectations keeps."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aftercare.errors import SettingsError
from aftercare.gate.bounds import Bounds, judge_share
from aftercare.gate.docs import Docs
from aftercare.gate.frame import frame
from aftercare.gate.gx import make_suite, quiet_gx
from aftercare.gate.model import Failure, Row, Verdict
from aftercare.gate.suite import read_suite

_FORMAT = {"result_format": "COMPLETE", "unexpected_index_column_names": ["trigger_id"]}


class GxGate:
    """Judges batches with the suites of a folder. Great Expectations is imported at the first
    batch (it takes seconds); its context and suites are kept."""

    def __init__(self, folder: Path, bounds: Bounds, docs: Path | None) -> None:
        self._folder, self._bounds = folder, bounds
        self._docs = Docs(docs) if docs else None
        self._suites: dict[str, tuple[dict[str, Any], Any]] = {}
        self._definition: Any = None

    def check(self, kind: str, rows: Sequence[Row]) -> Verdict:
        """Failures by trigger, and whether the batch stops. Raises SettingsError when the suite
        itself is wrong: then nothing passes."""
        if not rows:
            return Verdict()
        (raw, suite), table = self._suite(kind), frame(rows)
        failures = failures_of(self._folder / f"{kind}.json", self._validate(suite, table))
        stop = judge_share(kind, len(rows), failures, self._bounds)
        page = self._docs.build(kind, raw, table) if self._docs else None
        return Verdict(failures, stop, page)

    def _validate(self, suite: Any, table: Any) -> list[dict[str, Any]]:
        batch = self._batches().get_batch({"dataframe": table})
        answer = batch.validate(suite, result_format=_FORMAT)
        found: list[dict[str, Any]] = answer.to_json_dict()["results"]
        return found

    def _batches(self) -> Any:
        if self._definition is None:
            context = quiet_gx().get_context(mode="ephemeral")
            context.variables.progress_bars = {"globally": False}
            asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
            self._definition = asset.add_batch_definition_whole_dataframe("rows")
        return self._definition

    def _suite(self, kind: str) -> tuple[dict[str, Any], Any]:
        """The suite as JSON and as Great Expectations has it."""
        if kind not in self._suites:
            raw = read_suite(self._folder, kind)
            self._suites[kind] = (raw, make_suite(self._folder / f"{kind}.json", raw))
        return self._suites[kind]


def failures_of(file: Path, results: Sequence[Mapping[str, Any]]) -> dict[str, list[Failure]]:
    """Failures by trigger id, from validation results (which come in any order). Raises
    SettingsError for a result that does not say which rows it judged: nothing may pass unseen."""
    found: dict[str, list[Failure]] = {}
    for result in results:
        meta = result["expectation_config"]["meta"]
        failure = Failure(meta["name"], meta["words"])
        bad = result["result"].get("unexpected_index_list")
        if _crashed(result.get("exception_info") or {}) or (bad is None and not result["success"]):
            raise SettingsError(
                f"{file}: expectation {failure.expectation} could not be evaluated, so nothing "
                "passes; its column may hold another type than it expects"
            )
        for index in bad or ():
            found.setdefault(str(index["trigger_id"]), []).append(failure)
    return found


def _crashed(info: Mapping[str, Any]) -> bool:
    # Either one exception or a mapping of them by metric.
    each = [info] if "raised_exception" in info else list(info.values())
    return any(isinstance(one, Mapping) and one.get("raised_exception") for one in each)
