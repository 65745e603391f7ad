"""The servers really start, answer and end."""

import os
import signal
import smtplib
import subprocess
import sys
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from sqlalchemy import create_engine, text

from aftercare.stack.errors import StackError
from aftercare.stack.mail_catcher import MailCatcher
from aftercare.stack.ports import is_open
from aftercare.stack.postgres import Postgres
from aftercare.stack.process import Child
from aftercare.stack.servers import Servers
from aftercare.stack.tansu import Tansu
from aftercare.stack.waiting import wait_until
from tests.integration.conftest import Stack, require

ROOT = Path(__file__).parents[2]


@pytest.mark.kafka
@pytest.mark.postgres
def test_both_stacks_take_a_message_and_answer_a_query(stack: Stack) -> None:
    producer = KafkaProducer(bootstrap_servers=stack.bootstrap_servers)
    admin = KafkaAdminClient(bootstrap_servers=stack.bootstrap_servers)
    admin.create_topics({"smoke": {"num_partitions": 1, "replication_factor": 1}})
    sent = producer.send("smoke", b"hello").get(timeout=20)
    producer.close()
    admin.close()
    engine = create_engine(stack.store_url)
    with engine.connect() as connection:
        answer = connection.execute(text("SELECT 1")).scalar_one()
    engine.dispose()
    assert (sent.offset, answer) == (0, 1)


@pytest.mark.postgres
def test_postgres_refuses_a_wrong_password(postgres_server: Postgres) -> None:
    import psycopg

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://aftercare:wrong@127.0.0.1:{postgres_server.port}/aftercare")


@pytest.mark.kafka
def test_a_server_run_by_hand_prints_its_address_and_ends_with_its_parent(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "aftercare.stack", "tansu"]
    parent = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    port = int(parent.stdout.readline().strip().rsplit(":", 1)[1])
    assert is_open(port)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert wait_until(lambda: not is_open(port), 10)


@pytest.mark.kafka
def test_a_broker_that_forgets_is_not_started_again_behind_the_others_backs(tmp_path: Path) -> None:
    require(Tansu)
    with ExitStack() as open_parts:
        servers = Servers(open_parts, tmp_path, lambda line: None)
        broker = servers.start(Tansu())
        servers.tend()
        assert broker.child
        broker.child.kill()
        with pytest.raises(StackError, match=r"what it held in memory is gone.*--kafka apache"):
            servers.tend()


def test_the_mail_catcher_keeps_what_it_is_given(mail_catcher: MailCatcher) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.com", "Olá ✓"
    mail.set_content("Seu pedido chegou.")
    with smtplib.SMTP("127.0.0.1", mail_catcher.port) as server:
        server.send_message(mail)
    assert [kept["Subject"] for kept in mail_catcher.mails()] == ["Olá ✓"]


def test_a_process_that_ends_early_shows_its_last_words(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "print('no such disk'); raise SystemExit(3)"]
    child = Child("writer", argv, log=tmp_path / "writer.log")
    child.start()
    with pytest.raises(StackError, match=r"(?s)writer ended with code 3.*no such disk"):
        child.wait_until(lambda: False, 20)


def test_stopping_a_process_ends_what_it_started_too(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 300 & echo $! > pid; wait"
    child = Child("stubborn", ["bash", "-c", script], log=tmp_path / "log", cwd=tmp_path)
    child.start()
    child.wait_until((tmp_path / "pid").exists, 10)
    wait_until(lambda: (tmp_path / "pid").read_text() != "", 10)
    child.stop(grace=0.2)
    assert wait_until(lambda: not _runs(int((tmp_path / "pid").read_text())), 10)


def _runs(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    os.kill(pid, 0)
    return status.rsplit(")", 1)[1].split()[0] != "Z"
