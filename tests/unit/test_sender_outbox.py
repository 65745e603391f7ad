"""The outbox: whole or not at all, once, and a page that only shows."""

import email
import email.policy
import errno
import json
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from multiprocessing import get_context
from pathlib import Path

import pytest

from aftercare.clock import ManualClock
from aftercare.errors import PermanentSendError, TemporarySendError, UnknownSendError
from aftercare.senders.outbox import OutboxSender, build_index, files
from aftercare.senders.outbox.index import entries
from tests.fakes.mails import FOLLOW_UP, a_mail

NOON = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


def outbox(folder: Path) -> OutboxSender:
    return OutboxSender(folder, ManualClock(NOON))


def shown(folder: Path) -> list[dict[str, str]]:
    """The mails that the page was given."""
    page = (folder / "index.html").read_text("utf-8")
    found = re.search(r'<script type="application/json" id="mails">(.*?)</script>', page, re.S)
    assert found is not None
    mails: list[dict[str, str]] = json.loads(found[1])
    return mails


def test_a_mail_is_kept_under_its_care_day_with_something_to_read_beside_it(tmp_path: Path) -> None:
    mail = a_mail()
    assert outbox(tmp_path).send(mail) == FOLLOW_UP
    day = tmp_path / "2026-01-05"
    kept = email.message_from_bytes(
        (day / f"{FOLLOW_UP}.eml").read_bytes(), policy=email.policy.default
    )
    assert kept["Subject"] == mail.subject
    assert kept["X-Aftercare-Follow-Up"] == FOLLOW_UP
    assert (day / f"{FOLLOW_UP}.html").read_text("utf-8") == mail.html
    assert (day / f"{FOLLOW_UP}.txt").read_text("utf-8-sig") == mail.text
    assert not list(tmp_path.rglob("*.part"))


def test_the_same_follow_up_is_kept_once_even_on_another_day(tmp_path: Path) -> None:
    sender = outbox(tmp_path)
    sender.send(a_mail())
    sender.clock = ManualClock(NOON + timedelta(days=2))
    assert sender.send(a_mail(subject="Another subject")) == FOLLOW_UP
    assert [path.parent.name for path in tmp_path.glob("*/*.eml")] == ["2026-01-05"]
    assert [entry.subject for entry in entries(tmp_path)] == [a_mail().subject]


def test_the_outbox_can_tell_what_it_accepted(tmp_path: Path) -> None:
    sender = outbox(tmp_path)
    assert not sender.was_accepted(FOLLOW_UP)
    sender.send(a_mail())
    assert sender.was_accepted(FOLLOW_UP)


def test_a_follow_up_id_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(PermanentSendError):
        outbox(tmp_path / "in").send(a_mail(follow_up_id="../../out"))
    assert not list(tmp_path.rglob("*.eml"))


def test_a_full_disk_is_temporary_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("aftercare.senders.outbox.files.os.fsync", full)
    sender = outbox(tmp_path)
    with pytest.raises(TemporarySendError, match="No space left on device; make room"):
        sender.send(a_mail())
    assert not sender.was_accepted(FOLLOW_UP)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_disk_that_fails_after_the_final_name_leaves_it_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(files, "_sync_folder", broken)
    sender = outbox(tmp_path)
    with pytest.raises(UnknownSendError):
        sender.send(a_mail())
    assert sender.was_accepted(FOLLOW_UP)


def test_a_page_that_cannot_be_written_does_not_hurt_the_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").mkdir()
    sender = outbox(tmp_path)
    sender._built_at = float("-inf")
    assert sender.send(a_mail()) == FOLLOW_UP
    sender.close()


def test_threads_that_send_the_same_mail_keep_it_once(tmp_path: Path) -> None:
    sender, together = outbox(tmp_path), threading.Barrier(8)

    def send(_: int) -> str:
        together.wait()
        return sender.send(a_mail())

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(8))) == {FOLLOW_UP}
    assert len((tmp_path / "index.jsonl").read_text().splitlines()) == 1


def _send_thirty(folder: str, first: int) -> None:
    sender = outbox(Path(folder))
    for number in range(first, first + 30):
        sender.send(a_mail(follow_up_id=f"mail-{number:03}"))
    sender.close()


def test_processes_that_write_at_once_lose_no_line(tmp_path: Path) -> None:
    context = get_context("spawn")
    # The second and third overlap by half: the same mails from two processes.
    started = [
        context.Process(target=_send_thirty, args=(str(tmp_path), first)) for first in (0, 30, 45)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
        assert process.exitcode == 0
    assert sorted(mail["id"] for mail in shown(tmp_path)) == [f"mail-{n:03}" for n in range(75)]
    assert len((tmp_path / "index.jsonl").read_text().splitlines()) == 75


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    sender = outbox(tmp_path)
    sender.send(a_mail(follow_up_id="first"))
    with (tmp_path / "index.jsonl").open("a") as file:
        file.write('{"id": "torn", "at"')
    sender.send(a_mail(follow_up_id="second"))
    assert {entry.id for entry in entries(tmp_path)} == {"first", "second"}


def test_a_line_without_its_mail_is_not_shown(tmp_path: Path) -> None:
    sender = outbox(tmp_path)
    sender.send(a_mail())
    next(tmp_path.glob("*/*.eml")).unlink()
    build_index(tmp_path)
    assert shown(tmp_path) == []


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


def tags(page: str) -> list[str]:
    parser = _Tags()
    parser.feed(page)
    return parser.tags


def test_nothing_in_a_mail_becomes_markup_of_the_page(tmp_path: Path) -> None:
    plain = outbox(tmp_path / "plain")
    plain.send(a_mail())
    plain.close()
    hostile = "</script><script>alert(1)</script><!-- & <img src=x onerror=alert(1)> @mails@ \u2028"
    sender = outbox(tmp_path / "hostile")
    sender.send(a_mail(subject=hostile, rule=hostile, kind=hostile, preheader=hostile))
    sender.close()
    pages = [(tmp_path / name / "index.html").read_text("utf-8") for name in ("plain", "hostile")]
    assert tags(pages[0]) == tags(pages[1])
    assert shown(tmp_path / "hostile")[0]["subject"] == hostile


def test_the_page_needs_no_network(tmp_path: Path) -> None:
    page = build_index(tmp_path / "empty").read_text("utf-8")
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src 'none'" in page


def test_the_newest_mail_is_first(tmp_path: Path) -> None:
    sender = outbox(tmp_path)
    sender.send(a_mail(follow_up_id="early"))
    sender.clock = ManualClock(NOON + timedelta(hours=1))
    sender.send(a_mail(follow_up_id="late"))
    assert [entry.id for entry in entries(tmp_path)] == ["late", "early"]
