"""`make secrets`: generated once, readable by their owner only."""

import base64
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A copy of the two files, after one run."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "secrets", tmp_path / "scripts")
    shutil.copy(ROOT / ".env.example", tmp_path)
    _run(tmp_path)
    return tmp_path / ".env"


def test_every_secret_is_long_and_different(made: Path) -> None:
    secrets = _values(made, r"\w+_(?:PASSWORD|SECRET|KEY)")
    for given in ("AFTERCARE_SENDGRID_API_KEY", "AFTERCARE_HANDOFF_WEBHOOK_SECRET"):
        assert secrets.pop(given) == ""
    assert min(len(value) for value in secrets.values()) >= 44
    assert len(set(secrets.values())) == len(secrets)


def test_the_fernet_key_is_one(made: Path) -> None:
    key = _values(made, "AIRFLOW_FERNET_KEY")["AIRFLOW_FERNET_KEY"]
    assert len(base64.urlsafe_b64decode(key)) == 32


def test_a_key_that_only_sendgrid_can_make_stays_empty(made: Path) -> None:
    assert _values(made, "AFTERCARE_SENDGRID_API_KEY") == {"AFTERCARE_SENDGRID_API_KEY": ""}


def test_only_the_owner_may_read_them(made: Path) -> None:
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_a_second_run_changes_nothing(made: Path) -> None:
    before = made.read_text()
    assert "already there" in _run(made.parent)
    assert made.read_text() == before


def _run(folder: Path) -> str:
    argv = [str(folder / "scripts" / "secrets")]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def _values(path: Path, name: str) -> dict[str, str]:
    return dict(re.findall(rf"^({name})=(.*)$", path.read_text(), re.MULTILINE))
