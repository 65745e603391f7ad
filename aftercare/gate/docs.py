"""Data Docs: a page a run, built by Great Expectations, without a single value of a row."""

from pathlib import Path
from typing import Any

KEEP = 200
"""Validation results kept; older ones go, so that the folder stays small."""


class Docs:
    """Builds Data Docs in a folder. Results are validated as BOOLEAN_ONLY for it: pages name
    expectations and whether they held, never an address or a name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._context: Any = None

    def build(self, kind: str, suite: dict[str, Any], table: Any) -> str:
        """Validate once more for the pages; returns the path of the index page."""
        from aftercare.gate.gx_gate import make_suite, quiet_gx

        gx = quiet_gx()
        context = self._context = self._context or self._open(gx)
        definition = self._definition(gx, context, kind, make_suite(Path(kind), suite))
        checkpoint = gx.Checkpoint(
            name=f"{kind} checkpoint",
            validation_definitions=[definition],
            actions=[gx.checkpoint.UpdateDataDocsAction(name="docs")],
            result_format={"result_format": "BOOLEAN_ONLY"},
        )
        context.checkpoints.add_or_update(checkpoint)
        checkpoint.run(batch_parameters={"dataframe": table})
        self._prune()
        return str(self._folder / "gx" / "uncommitted" / "data_docs" / "local_site" / "index.html")

    def _open(self, gx: Any) -> Any:
        self._folder.mkdir(parents=True, exist_ok=True)
        context = gx.get_context(mode="file", project_root_dir=str(self._folder))
        context.variables.progress_bars = {"globally": False}
        return context

    def _definition(self, gx: Any, context: Any, kind: str, suite: Any) -> Any:
        suite = context.suites.add_or_update(suite)
        source = context.data_sources.add_or_update_pandas("rows")
        asset = source.add_dataframe_asset(kind)
        batch = asset.add_batch_definition_whole_dataframe(kind)
        definition = gx.ValidationDefinition(name=kind, data=batch, suite=suite)
        return context.validation_definitions.add_or_update(definition)

    def _prune(self) -> None:
        results = self._folder / "gx" / "uncommitted"
        for place, ending in (("validations", "*.json"), ("data_docs/local_site/validations", "*.html")):
            pages = sorted((results / place).rglob(ending), key=lambda p: p.stat().st_mtime)
            for old in pages[:-KEEP]:
                old.unlink(missing_ok=True)
