"""Lists of the command line: an operator can read them, and act on what they show."""

import re
from pathlib import Path

import pytest

from aftercare.errors import SettingsError, StoreError, UsageError
from aftercare.intake import Incoming
from aftercare.store import dead_letters
from aftercare.store.engine import writing
from tests.fakes.house import House
from tests.fakes.operator import Operator

FULL = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.fixture
def operator(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    return Operator(house, tmp_path / "home", monkeypatch)


@pytest.fixture
def terminal(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """An operator before a terminal of 80 columns."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    return operator


def die(house: House, number: int) -> None:
    """Dead letters, as a consumer writes them."""
    report = house.take([Incoming("orders", 0, n, b"c1", b"no event") for n in range(number)])
    with writing(house.engine) as connection:
        dead_letters.write(connection, report.dead, house.clock.now())


@pytest.fixture
def dead(house: House) -> None:
    """Two dead letters, and a complaint that waits for a person."""
    die(house, 2)
    house.tell("complaint.opened", complaint_id="k1", severity="critical")
    house.run("apology")


@pytest.mark.usefixtures("dead")
@pytest.mark.parametrize("command", ["dead-letters", "handoffs"])
def test_what_a_terminal_shows_of_an_id_is_enough_for_a_command(
    terminal: Operator, command: str
) -> None:
    listed = re.sub(r"\x1b\[[0-9;]*m", "", terminal(command, "list"))
    assert "…" not in listed
    assert all(len(line) <= 80 for line in listed.splitlines())
    shown = re.findall(r"^([0-9a-f]{8}) ", listed, re.MULTILINE)
    assert shown
    for begun in shown:
        assert terminal(command, "show", begun)


@pytest.mark.usefixtures("dead")
@pytest.mark.parametrize("command", ["dead-letters", "handoffs"])
def test_a_pipe_gets_every_id_whole_and_a_row_in_one_line(operator: Operator, command: str) -> None:
    _, *rows = operator(command, "list").splitlines()
    rows = [row for row in rows if not row.startswith("times in")]
    assert rows
    for row in rows:
        (identity,) = re.findall(FULL, row)
        assert operator(command, "show", identity)


@pytest.mark.usefixtures("dead")
def test_a_beginning_that_is_nobodys_or_too_short_is_refused(operator: Operator) -> None:
    for name in ("zzzz", "", "a"):
        with pytest.raises(
            UsageError, match=r"there is no dead letter .*`aftercare dead-letters list`"
        ):
            operator("dead-letters", "show", name)


def test_a_beginning_that_several_share_is_asked_to_be_longer(
    house: House, operator: Operator
) -> None:
    # Of 500 ids some share their first three letters.
    die(house, 500)
    begun = [one[:3] for one in re.findall(FULL, operator("dead-letters", "list"))]
    shared = next(one for one in begun if begun.count(one) > 1)
    with pytest.raises(UsageError, match=f"{shared} is the beginning of several: .*write more"):
        operator("dead-letters", "drop", shared)


def test_none_is_released_when_one_name_is_wrong(house: House, operator: Operator) -> None:
    house.gate.bad = {"c1"}
    house.late_order()
    house.later(hours=3)
    house.run("apology")
    (trigger,) = house.trigger_ids()
    with pytest.raises(UsageError, match="there is no quarantined trigger zzzz"):
        operator("quarantine", "drop", trigger[:8], "zzzz")
    assert "quarantined" in house.standing().values()
    assert "1 dropped" in operator("quarantine", "drop", trigger[:8])
    with pytest.raises(UsageError, match="is not quarantined"):
        operator("quarantine", "drop", trigger[:8])


def test_settings_show_no_password_and_no_address_that_opens_a_door(operator: Operator) -> None:
    operator.set(
        STORE="postgresql://aftercare:hush-1@db.example/aftercare",
        HANDOFF_WEBHOOK="https://desk.example/hooks/hush-2",
        SMTP_PASSWORD="hush-3",
    )
    told = operator("settings")
    assert "postgresql://aftercare:***@db.example/aftercare" in told
    assert "https://desk.example/…" in told
    assert "hush" not in told


@pytest.mark.parametrize("servers", ["localhost:abc", ",", "[::1]:9092x", "kafka", "a:1,,b:2"])
def test_servers_that_cannot_be_read_are_refused_in_words(operator: Operator, servers: str) -> None:
    operator.set(KAFKA=servers)
    with pytest.raises(SettingsError, match="is no list of servers; write it as broker1:9092"):
        operator("reconcile")


def test_a_stores_port_that_is_no_number_is_refused_in_words(operator: Operator) -> None:
    operator.set(STORE="postgresql://u:p@127.0.0.1:abc/x")
    with pytest.raises(StoreError, match="AFTERCARE_STORE is not a database URL"):
        operator("status")


def test_more_dead_letters_than_one_statement_takes_are_dropped(
    house: House, operator: Operator
) -> None:
    die(house, 33_000)  # SQLite takes 32,766 values at once, PostgreSQL 65,535
    assert operator("dead-letters", "drop", "--all") == "33000 dropped\n"
    assert "no open dead letters" in operator("dead-letters", "list")
