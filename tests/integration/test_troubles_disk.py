"""The store's disk is full or read-only: said kindly, nothing lost, and it goes on by itself."""

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import make_url

from aftercare.errors import StoreError
from aftercare.message import Mail
from aftercare.settings import Settings
from aftercare.stack.postgres import Postgres
from aftercare.stack.tansu import Tansu
from aftercare.steps.parts import build
from aftercare.store.engine import open_store
from aftercare.store.upgrade import upgrade
from aftercare.upkeep.reconcile import reconcile
from tests.fakes.house import FakeSender, House
from tests.integration.troubled import SmallDisk, Troubled, execute, small_disk, troubled

FULL = "the disk that holds the store is full; make room"
READ_ONLY = "the store is read-only; make it writable"
NO_FILE = "the store's file cannot be opened; its folder must exist and be writable"


@pytest.fixture
def broker(tansu_broker: Tansu) -> Iterator[Tansu]:
    # One of its own: other tests' events would fill the small disks.
    with Tansu() as own:
        yield own


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", "1500k") as found:
        yield found


def empty(settings: Settings) -> None:
    engine = open_store(settings.store_url)
    upgrade(engine)
    engine.dispose()


def outlives_a_full_disk(running: Troubled, disk: SmallDisk) -> None:
    process = running.consume()
    running.produce(0, 5)
    running.arrived(5)
    # Connected beforehand: on a full disk Postgres may refuse whoever comes.
    watching = build(running.settings)
    reconcile(watching)
    disk.fill()
    running.produce(5, 300, weight=4000)
    running.hears(FULL)
    sums = reconcile(watching)
    assert sums.wrong == []
    assert (sums.facts, running.counted(watching.engine)) == (5, 5)
    watching.engine.dispose()
    disk.make_room()
    running.arrived(305)
    running.hears("well again")
    assert running.says(FULL) == 1
    assert process.poll() is None
    sums = running.sums()
    assert (sums.wrong, sums.facts, sums.behind) == ([], 305, 0)


@pytest.mark.kafka
def test_a_consumer_waits_while_sqlites_disk_is_full_and_loses_nothing(
    broker: Tansu, tmp_path: Path
) -> None:
    with (
        small_disk(tmp_path / "disk", "6m") as disk,
        troubled(
            tmp_path, kafka=broker.address, store=f"sqlite:///{disk.folder / 'store.db'}"
        ) as running,
    ):
        empty(running.settings)
        outlives_a_full_disk(running, disk)


@pytest.fixture
def postgres_on(postgres_server: Postgres, tmp_path: Path) -> Iterator[tuple[SmallDisk, str]]:
    """A small disk and the URL of a database whose tables live on it."""
    name = f"small_{uuid.uuid4().hex[:8]}"
    folder = Path("/tmp") / name
    with small_disk(folder, "16m") as disk:
        space = folder / "space"
        space.mkdir()
        shutil.chown(space, "postgres", "postgres")
        admin = postgres_server.url("postgres")
        execute(admin, f"CREATE TABLESPACE {name} LOCATION '{space}'")
        execute(admin, f"CREATE DATABASE {name} TABLESPACE {name}")
        try:
            yield disk, postgres_server.url(name)
        finally:
            execute(admin, f"DROP DATABASE {name} WITH (FORCE)", f"DROP TABLESPACE {name}")
    folder.rmdir()


@pytest.mark.kafka
@pytest.mark.postgres
def test_a_consumer_waits_while_postgres_disk_is_full_and_loses_nothing(
    broker: Tansu, tmp_path: Path, postgres_on: tuple[SmallDisk, str]
) -> None:
    disk, url = postgres_on
    with troubled(tmp_path, kafka=broker.address, store=url) as running:
        empty(running.settings)
        outlives_a_full_disk(running, disk)


@pytest.mark.postgres
def test_a_command_that_postgres_refuses_on_a_full_disk_says_what_is_full(
    tmp_path: Path, postgres_on: tuple[SmallDisk, str]
) -> None:
    disk, url = postgres_on
    with troubled(tmp_path, store=url) as running:
        empty(running.settings)
        # The next to connect has to write a file of its catalogue.
        execute(url, "REINDEX TABLE pg_class")
        disk.fill()
        assert FULL in running.refuses("status")
        disk.make_room()
        assert running.aftercare("status").returncode == 0


def test_a_command_on_a_full_disk_says_so_and_writes_nothing(
    disk: SmallDisk, tmp_path: Path
) -> None:
    with troubled(tmp_path, store=f"sqlite:///{disk.folder / 'store.db'}") as running:
        empty(running.settings)
        disk.fill()
        assert FULL in running.refuses("stop", "apology")
        disk.make_room()
        assert "stopped" not in running.aftercare("status").stdout
        assert running.aftercare("stop", "apology").returncode == 0


def test_a_stack_on_a_full_disk_says_so_and_does_not_start(disk: SmallDisk) -> None:
    with troubled(disk.folder) as running:
        disk.fill()
        told = running.refuses("up")
    assert told.startswith(
        f"error: the home {disk.folder} cannot be used (No space left on device)"
    )
    assert "\n" not in told


@dataclass
class FillingSender(FakeSender):
    """Fills the store's disk while the third request is under way."""

    disk: SmallDisk | None = None

    def send(self, mail: Mail) -> str:
        answer = super().send(mail)
        if len(self.mails) == 3 and self.disk:
            self.disk.fill()
        return answer


def test_a_disk_that_fills_up_while_sending_makes_nobody_hear_it_twice(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        house = House(f"sqlite:///{disk.folder / 'store.db'}")
        house.sender = FillingSender(disk=disk)
        for number in range(6):
            house.late_order(f"o{number}", f"c{number}")
        house.later(hours=3)
        with pytest.raises(StoreError, match=FULL):
            house.run("apology")
        assert len(house.sender.mails) == 3
        disk.make_room()
        house.machine += house.parts.settings.lease + 1
        house.run("apology")
        assert set(house.sender.accepted.values()) == {1}
        assert sorted(house.standing().values()) == ["sent"] * 5 + ["unknown"]
        house.engine.dispose()
        house.parts.engine.dispose()


@pytest.mark.kafka
def test_a_consumer_waits_while_sqlites_folder_is_read_only(
    broker: Tansu, disk: SmallDisk, tmp_path: Path
) -> None:
    url = f"sqlite:///{disk.folder / 'store.db'}"
    with troubled(tmp_path, kafka=broker.address, store=url) as running:
        empty(running.settings)
        disk.remount("ro")
        process = running.consume()
        running.hears(NO_FILE)
        assert NO_FILE in running.refuses("stop", "apology")
        disk.remount("rw")
        running.produce(0, 5)
        running.arrived(5)
        assert running.says(NO_FILE) == 1
        assert process.poll() is None
        assert running.sums().wrong == []


def test_a_store_that_is_opened_read_only_can_be_looked_at_but_not_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    with troubled(tmp_path, store=f"sqlite:///{path}") as running:
        empty(running.settings)
        running.settings = Settings(home=tmp_path, store=f"sqlite:///file:{path}?mode=ro&uri=true")
        assert running.aftercare("status").returncode == 0
        assert READ_ONLY in running.refuses("stop", "apology")
        assert READ_ONLY in running.refuses("store", "upgrade")


def test_a_folder_that_cannot_be_made_for_the_store_is_named(
    disk: SmallDisk, tmp_path: Path
) -> None:
    disk.remount("ro")
    with troubled(tmp_path, store=f"sqlite:///{disk.folder / 'sub' / 'store.db'}") as running:
        told = running.refuses("status")
    assert "the store's folder" in told
    assert "cannot be made" in told


@pytest.mark.kafka
@pytest.mark.postgres
def test_a_consumer_waits_while_postgres_is_read_only_as_in_a_failover(
    broker: Tansu, tmp_path: Path, postgres_server: Postgres, postgres_url: str
) -> None:
    name = make_url(postgres_url).database
    off = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    admin = postgres_server.url("postgres")
    with troubled(tmp_path, kafka=broker.address, store=postgres_url) as running:
        empty(running.settings)
        process = running.consume()
        running.produce(0, 5)
        running.arrived(5)
        execute(admin, f"ALTER DATABASE {name} SET default_transaction_read_only = on", off)
        running.produce(5, 5)
        running.hears("trying again until it is well")
        assert READ_ONLY in running.refuses("stop", "apology")
        assert running.orders() == 5
        execute(admin, f"ALTER DATABASE {name} RESET default_transaction_read_only", off)
        running.arrived(10)
        assert process.poll() is None
        sums = running.sums()
        assert (sums.wrong, sums.facts) == ([], 10)
