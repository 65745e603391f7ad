"""`aftercare events`: what is wrong with each line of a file."""

import gzip
import json
from pathlib import Path

from typer.testing import CliRunner

from aftercare.cli.events import app
from tests.unit.test_event_decode import event

GOOD = json.dumps(event()).encode()
TYPO = json.dumps(event(type="order.plcd")).encode()


def check(*arguments: str, stdin: bytes | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["check", *arguments], input=stdin)
    return done.exit_code, done.output


def test_a_file_of_events_is_understood(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(GOOD + b"\n\n" + GOOD + b"\n")
    assert check(str(file)) == (0, "2 events, all understood\n")


def test_each_wrong_line_is_told_with_number_reason_and_mend(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl.gz"
    file.write_bytes(gzip.compress(GOOD + b"\n\n" + TYPO + b"\nnonsense\n"))
    code, output = check(str(file))
    assert code == 1
    assert (
        "line 3: unknown-type: the event's type is not known; did you mean order.placed?" in output
    )
    assert "line 4: not-json" in output
    assert output.count("mend: ") == 2
    assert "3 events, 2 wrong: 1 unknown-type, 1 not-json" in output


def test_standard_input_is_read_too() -> None:
    code, output = check("-", stdin=GOOD + b"\n" + TYPO)
    assert code == 1
    assert "line 2: unknown-type" in output


def test_no_more_than_asked_for_is_told(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"nonsense\n" * 5)
    _, output = check(str(file), "--most", "2")
    assert "line 2" in output
    assert "line 3" not in output
    assert "… and 3 more" in output


def test_schemas_are_written_one_a_file(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["schema", "--out", str(tmp_path)])
    assert done.exit_code == 0
    assert json.loads((tmp_path / "order.placed.json").read_text())["title"] == "order.placed"
