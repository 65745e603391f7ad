"""The gate that the settings call for."""

from aftercare.gate.bounds import Bounds
from aftercare.gate.gx_gate import GxGate
from aftercare.settings import Settings


def make_gate(settings: Settings, bounds: Bounds, *, docs: bool = True) -> GxGate:
    """Great Expectations over the suites of `settings.expectations`; Data Docs under the home
    folder unless `docs` is False."""
    folder = settings.home.resolve() / "data-docs" if docs else None
    return GxGate(settings.expectations, bounds, folder)
