"""The whole flow, as a new user sees it: events through Kafka, rules, gate and Airflow into mails."""

import email
import os
import subprocess
import sys
from email.policy import default
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.airflow, pytest.mark.kafka, pytest.mark.timeout(420)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the demo says, and its home."""
    home = tmp_path_factory.mktemp("demo")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AFTERCARE_", "AIRFLOW"))}
    done = subprocess.run(
        [sys.executable, "-m", "aftercare", "demo", "--seconds", "90", "--home", str(home)],
        env=env | {"COLUMNS": "160"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout, home


def mails(home: Path) -> list[email.message.EmailMessage]:
    files = sorted((home / "outbox").glob("*/*.eml"))
    return [email.message_from_bytes(f.read_bytes(), policy=default) for f in files]


def test_every_kind_of_care_is_sent_and_everything_adds_up(told: tuple[str, Path]) -> None:
    said, _ = told
    for kind in ("apology/late_delivery", "check_in/", "small_extra/"):
        assert kind in said
    assert "everything adds up" in said


def test_what_was_caught_and_why_is_told(told: tuple[str, Path]) -> None:
    said, _ = told
    assert "dead letter: not-json" in said
    assert "quarantined" in said
    assert "One customer's story" in said


def test_who_wants_to_look_around_afterwards_is_told_how(told: tuple[str, Path]) -> None:
    said, home = told
    file = home / "stack.env"
    assert f". {file}" in said
    assert file.stat().st_mode & 0o777 == 0o600
    done = subprocess.run(
        ["sh", "-c", f". {file} && {sys.executable} -m aftercare status"],
        env={k: v for k, v in os.environ.items() if not k.startswith("AFTERCARE_")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "late-delivery" in done.stdout


def test_nobody_gets_a_mail_that_names_nobody(told: tuple[str, Path]) -> None:
    _, home = told
    found = mails(home)
    assert len(found) > 20
    for message in found:
        body = message.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert "{" not in text
        assert "None" not in text


def test_nobody_gets_the_same_mail_twice(told: tuple[str, Path]) -> None:
    _, home = told
    ids = [str(m["X-Aftercare-Follow-Up"]) for m in mails(home)]
    assert len(ids) == len(set(ids))
    bodies = [(str(m["To"]), m.get_body(("plain",)).get_content()) for m in mails(home)]  # type: ignore[union-attr]
    assert len(bodies) == len(set(bodies))


def test_the_logs_hold_no_personal_data(told: tuple[str, Path]) -> None:
    _, home = told
    addresses = {str(m["To"]).rpartition("<")[2].strip(">") for m in mails(home)}
    for log in [*home.glob("logs/*.log"), *home.glob("airflow/logs/**/*.log")]:
        text = log.read_text(errors="replace")
        assert not [a for a in addresses if a in text], log.name
