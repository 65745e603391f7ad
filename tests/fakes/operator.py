"""An operator at the command line, over the store of a house and at a care time of their own."""

import time
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aftercare.cli.main import build_app
from aftercare.errors import AftercareError
from tests.fakes.house import House


class Operator:
    """Runs `aftercare …` in this process; what is sent lands in an outbox below `home`."""

    def __init__(self, house: House, home: Path, patch: pytest.MonkeyPatch) -> None:
        self._house, self._patch, self.home = house, patch, home
        self.set(STORE=house.parts.settings.store_url, HOME=str(home), SENDER="outbox")
        # Wide enough that no table wraps a word that a test looks for.
        patch.setenv("COLUMNS", "240")

    def set(self, **settings: str) -> None:
        """Set `AFTERCARE_<NAME>`s."""
        for name, value in settings.items():
            self._patch.setenv(f"AFTERCARE_{name}", value)

    def at(self, moment: datetime) -> None:
        """The care time of the next commands."""
        self.set(CLOCK=f"{moment:%Y-%m-%dT%H:%M:%SZ}@{time.time():.3f}x1")

    def __call__(self, *words: str) -> str:
        """Run a command at the house's care time; its output. Raises the command's own error."""
        self.at(self._house.clock.now())
        result = CliRunner().invoke(build_app(), list(words))
        if isinstance(result.exception, AftercareError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output
