"""`aftercare simulate` as its users call it: what would be sent, and what is said when it cannot."""

import gc
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aftercare.cli.main import build_app
from aftercare.decision.policy_file import load_policy
from aftercare.errors import RuleError, UsageError
from aftercare.gate.memo import OptimisticGate
from aftercare.gate.model import Row, Verdict
from aftercare.settings import Settings
from aftercare.simulate.ground import ground
from aftercare.simulate.lines import parse_line
from aftercare.simulate.reasons import general
from aftercare.simulate.result import result
from aftercare.simulate.run import run
from aftercare.simulate.sent import sent
from aftercare.store.engine import reading

NOON = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
"""A Monday noon in São Paulo."""

Event = dict[str, Any]


def event(kind: str, at: datetime, who: str, **data: Any) -> Event:
    name = data.get("order_id") or data.get("ticket_id") or ""
    return {
        "specversion": "1.0",
        "id": f"{kind}:{who}:{name}:{at:%d%H%M}",
        "source": "/test",
        "type": kind,
        "time": at.isoformat(),
        "data": {"customer_id": who, **data},
    }


def late_order(who: str, at: datetime, **person: str) -> Iterator[Event]:
    """An order that comes at `at`, two days after the promised one."""
    known = {"first_name": "Ana", "email": f"{who}@example.com", "language": "pt", "country": "BR"}
    promised = (at - timedelta(days=2)).date().isoformat()
    order = {
        "order_id": f"o-{who}",
        "promised_on": promised,
        "total": {"amount": "100.00", "currency": "BRL"},
        "items": [{"name": "Luminária de mesa"}],
        "customer": known | person,
    }
    yield event("order.placed", at - timedelta(days=8), who, **order)
    yield event("order.delivered", at, who, order_id=f"o-{who}")


def pack() -> list[Event]:
    """Four late orders: one by day, one that waits for the morning, one whose address is none, one
    whose customer asks to be forgotten afterwards."""
    orders = [
        *late_order("c1", NOON),
        *late_order("c2", NOON + timedelta(hours=9)),
        *late_order("c3", NOON, email="nowhere"),
        *late_order("c4", NOON),
        event("customer.erased", NOON + timedelta(days=2), "c4"),
    ]
    return sorted(orders, key=lambda e: str(e["time"]))


def write(file: Path, events: Sequence[Event], *more: bytes) -> Path:
    lines = [json.dumps(e, ensure_ascii=False).encode() for e in events]
    file.write_bytes(b"\n".join((*lines, *more)) + b"\n")
    return file


def simulate(*arguments: object, stdin: bytes | None = None) -> Result:
    given = ["simulate", *map(str, arguments)]
    return CliRunner().invoke(
        build_app(), given, input=stdin, catch_exceptions=False, env={"COLUMNS": "100"}
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack")
    return write(folder / "events.jsonl", pack(), b"<order/>", b'{"specversion":"1.0"}')


@pytest.fixture(scope="module")
def found(file: Path) -> dict[str, Any]:
    return dict(json.loads(simulate(file, "--json").stdout))


def test_everything_is_counted_under_its_name(found: dict[str, Any]) -> None:
    assert found["events"] == 9
    assert found["dead_letters"]["total"] == 2
    assert found["triggers"] == {"late-delivery": 4, "promise-missed": 3}
    assert found["outcomes"] == {"bundled": 2, "quarantined": 2, "sent": 3}
    assert found["messages"]["by_kind"] == {"apology": 3}
    assert sum(found["messages"]["by_template"].values()) == 3
    assert found["most_written_to"] == {"customer_id": "c1", "messages": 1}


def test_it_says_to_whom_and_when_and_about_what(found: dict[str, Any]) -> None:
    sent = {m["customer_id"]: m for m in found["sent"]}
    assert set(sent) == {"c1", "c2", "c4"}
    assert [m["at"] for m in found["sent"]] == sorted(m["at"] for m in found["sent"])
    first = sent["c1"]
    assert first["subject"] == "order o-c1"
    assert first["language"] == "pt"
    assert first["at"].endswith("Z")


def test_what_was_held_on_its_way_is_counted_with_its_reason(found: dict[str, Any]) -> None:
    assert set(found["held_for"]) == {
        "these are quiet hours in America/Sao_Paulo (21:00 to 08:00)",
    }


def test_what_the_real_gate_refuses_is_not_counted_as_sent(found: dict[str, Any]) -> None:
    assert found["quarantined_for"] == {"address-valid: the e-mail address is not one": 2}
    assert "c3" not in {m["customer_id"] for m in found["sent"]}


def test_nothing_personal_is_in_the_output(file: Path) -> None:
    for output in (simulate(file, "--json").stdout, simulate(file).stdout):
        assert "Ana" not in output
        assert "@example.com" not in output


def test_the_summary_reads_from_what_came_in_to_what_it_costs(file: Path) -> None:
    told = simulate(file).stdout
    assert "9 events understood." in told
    assert "2 lines not understood (dead letters):" in told
    assert f"aftercare events check {file}" in told
    assert "3 messages to 3 customers would be sent, from " in told
    assert "(America/Sao_Paulo)" in told
    assert "bundled: the same trouble was answered already" in told
    assert "address-valid: the e-mail address is not one" in told
    assert "Most written to: customer c1, 1 message." in told


def test_the_same_events_give_the_same_bytes_in_every_process(file: Path, tmp_path: Path) -> None:
    def start(seed: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "aftercare", "simulate", str(file), "--json"]
        command += ["--outbox", str(tmp_path / seed)]
        env = os.environ | {"PYTHONHASHSEED": seed}
        return subprocess.Popen(command, stdout=subprocess.PIPE, env=env)

    started = [start(seed) for seed in ("1", "2")]
    outputs = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert outputs[0] == outputs[1]
    assert _bytes_of(tmp_path / "1") == _bytes_of(tmp_path / "2")


def _bytes_of(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_outbox_holds_every_message_even_of_one_who_is_forgotten_later(
    file: Path, tmp_path: Path
) -> None:
    told = simulate(file, "--outbox", tmp_path / "preview").stdout
    assert len(list((tmp_path / "preview").glob("*/*.eml"))) == 3
    assert (tmp_path / "preview" / "index.html").is_file()
    assert "index.html" in told


def test_an_outbox_that_holds_other_mails_is_left_alone(file: Path, tmp_path: Path) -> None:
    (tmp_path / "old.eml").write_text("kept")
    with pytest.raises(UsageError, match="not empty; name a new folder"):
        simulate(file, "--outbox", tmp_path)


def test_an_empty_file_says_that_there_is_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    assert "holds no events: nothing would be sent" in simulate(empty).stdout
    assert json.loads(simulate(empty, "--json").stdout)["sent"] == []


def test_events_that_call_for_nothing_say_so(tmp_path: Path) -> None:
    quiet = write(
        tmp_path / "quiet.jsonl",
        [event("customer.updated", NOON, "c1", customer={"language": "pt"})],
    )
    assert "No care rule matched: nothing would be sent." in simulate(quiet).stdout


def test_a_missing_file_a_folder_and_wrong_rules_are_told_with_a_mend(
    file: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"there is no file .*import olist"):
        simulate(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match=r"is a folder; .* e\.g\. .*events\.jsonl"):
        simulate(file.parent)
    with pytest.raises(RuleError, match="no such folder"):
        simulate(file, "--rules", tmp_path / "none")


def test_other_rules_are_tried_with_rules(file: Path, tmp_path: Path) -> None:
    rules = "late:\n  on: order.delivered\n  send: apology/late_delivery\n"
    (tmp_path / "mine.yml").write_text(rules)
    other = json.loads(simulate(file, "--rules", tmp_path, "--json").stdout)
    assert set(other["triggers"]) == {"late"}


def test_standard_input_and_gzip_under_any_name_are_read(
    file: Path, found: dict[str, Any], tmp_path: Path
) -> None:
    zipped = tmp_path / "events.bin"
    zipped.write_bytes(gzip.compress(file.read_bytes()))
    assert json.loads(simulate("-", "--json", stdin=file.read_bytes()).stdout) == found
    assert json.loads(simulate(zipped, "--json").stdout) == found


class _Good:
    def check(self, kind: str, rows: Sequence[Row]) -> Verdict:
        return Verdict()


def _living(orders: int) -> int:
    """How many lines, facts, decisions, mails and rows live when so many late orders, one after
    the other, are all settled."""
    gate = OptimisticGate(_Good(), load_policy(Settings().policy).gate)
    gate.trusting = False  # it would keep up to 2000 rows to judge them together
    with ground(Settings(), gate, 1, keep_mails=True) as (parts, _):
        events = (e for n in range(orders) for e in late_order(f"c{n}", NOON + n * _APART))
        tally = run(parts, (parse_line(json.dumps(e).encode(), 0) for e in events), _nobody)
        gc.collect()
        living = sum(_is_ours(type(thing)) for thing in gc.get_objects())
        with reading(parts.engine) as connection:
            assert result(connection, tally)["messages"]["total"] == orders
    return living


def _is_ours(cls: type) -> bool:
    module = str(cls.__module__)
    return module.startswith(("aftercare.", "sqlalchemy.engine.row"))


_APART = timedelta(days=10)


def _nobody(_number: int, _at: datetime) -> None:
    return None


def test_memory_does_not_grow_with_the_events_that_are_settled() -> None:
    _living(5)  # so that caches are warm
    few, many = _living(20), _living(60)
    assert few > 0
    assert many - few < 10


def _sparse() -> list[Event]:
    """Few events, weeks apart: a complaint, a check-in that waits for another complaint to close, a
    late order; and long after each, something that calls for nothing."""
    ana = {"first_name": "Ana", "email": "ana@example.com", "language": "en", "country": "GB"}
    opened = {"severity": "low", "comment": "it broke", "customer": ana}
    day = timedelta(days=1)
    cases = [
        event("complaint.opened", NOON, "c1", complaint_id="p1", **opened),
        event("support.opened", NOON + 20 * day, "c2", ticket_id="k2", topic="lamp", customer=ana),
        event("support.resolved", NOON + 21 * day, "c2", ticket_id="k2"),
        event("complaint.opened", NOON + 22 * day, "c2", complaint_id="p2", **opened),
        event("complaint.resolved", NOON + 25 * day, "c2", complaint_id="p2"),
        *late_order("c3", NOON + 40 * day),
    ]
    quiet = [
        event("customer.updated", NOON + n * day, "c9", customer={"language": "en"})
        for n in range(4, 60, 5)
    ]
    return sorted([*cases, *quiet], key=lambda e: str(e["time"]))


def _run(events: Sequence[Event]) -> tuple[dict[str, Any], list[Any]]:
    gate = OptimisticGate(_Good(), load_policy(Settings().policy).gate)
    with ground(Settings(), gate, 1, keep_mails=False) as (parts, _):
        lines = [parse_line(json.dumps(e).encode(), n) for n, e in enumerate(events)]
        tally = run(parts, lines, _nobody)
        with reading(parts.engine) as connection:
            return result(connection, tally), list(sent(connection))


def test_a_batch_comes_out_as_if_its_lines_had_come_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together = _run(_sparse())
    monkeypatch.setattr("aftercare.simulate.run._FIRST", 1)
    monkeypatch.setattr("aftercare.simulate.run._MOST", 1)
    assert together == _run(_sparse())
    assert together[0]["dead_letters"]["total"] == 0
    assert "expired" not in together[0]["outcomes"]
    assert together[0]["messages"]["total"] == 5


def test_reasons_are_counted_without_their_particulars() -> None:
    assert general("the same trouble was answered already (by 12)") == (
        "the same trouble was answered already"
    )
    assert general("quiet hours in X (21:00 to 08:00) (until 2026-01-06 11:00 UTC)") == (
        "quiet hours in X (21:00 to 08:00)"
    )
    assert general("too late (it expired 2026-01-06 11:00 UTC); before that: heard lately") == (
        "too late, after being held: heard lately"
    )
    condition = "no longer true: (order.a == 1 || order.b == 2) && order.c"
    assert general(f"{condition} (now the order's c is 3)") == condition
