"""Everything at once, as processes of this machine: broker, store, consumers, Airflow, mail.

`make up`, the demo and the end-to-end tests all start this, so that what is tested is what runs.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aftercare.settings import ROOT
from aftercare.stack.airflow import Airflow
from aftercare.stack.apache_kafka import ApacheKafka
from aftercare.stack.errors import StackError
from aftercare.stack.joining import write_env
from aftercare.stack.mail_catcher import MailCatcher
from aftercare.stack.ports import preferred
from aftercare.stack.postgres import Postgres
from aftercare.stack.servers import Servers
from aftercare.stack.supervisor import Service, Supervisor
from aftercare.stack.tansu import SESSION_TIMEOUT_MS, Tansu

WAITING_MENDS_NOTHING = frozenset({2, 3})
"""Exit codes of a consumer: a wrong setting or password, and too many dead letters."""


def _silent(line: str) -> None:
    """Says nothing."""


@dataclass(frozen=True)
class Plan:
    """What to start.

    home: folder for everything. kafka: `tansu` or `apache`. store: `sqlite` or `postgres`.
    mail: `outbox`, or `catcher` for a local SMTP server. consumers: how many processes.
    airflow: False when somebody else runs the steps.
    env: `AFTERCARE_*` for every process, e.g. the clock. say: hears one line at each step.
    """

    home: Path
    kafka: str = "tansu"
    store: str = "sqlite"
    mail: str = "outbox"
    consumers: int = 1
    airflow: bool = True
    parallelism: int = 4
    env: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = _silent


@dataclass
class Whole:
    """A running stack. `env` is what any further process of Aftercare needs to join it, and `file`
    the same for a shell."""

    env: dict[str, str]
    file: Path
    servers: Servers
    airflow: Airflow | None
    consumers: Supervisor
    addresses: dict[str, str]
    mail: MailCatcher | None = None

    def tend(self) -> None:
        """Restart what has died; call it about once a second."""
        self.servers.tend()
        if self.airflow:
            self.airflow.tend()
        self.consumers.tend()


@contextmanager
def whole_stack(plan: Plan) -> Iterator[Whole]:
    """Start everything in order, yield it, stop it in reverse order. Raises StackError."""
    with ExitStack() as open_parts:
        addresses: dict[str, str] = {}
        env = {**plan.env, "AFTERCARE_HOME": str(plan.home.resolve())}
        servers = Servers(open_parts, plan.home.resolve() / "logs", plan.say)
        env |= _broker(plan, servers, addresses)
        store, airflow_database = _store(plan, servers, addresses)
        env |= store
        mail = _mail(plan, servers, addresses, env)
        run_aftercare(env, "store", "upgrade")
        airflow = None
        if plan.airflow:
            airflow = _airflow(plan, open_parts, addresses, env, airflow_database)
        consumers = _consumers(plan, open_parts, env)
        yield Whole(
            env, write_env(plan.home.resolve(), env), servers, airflow, consumers, addresses, mail
        )


def run_aftercare(env: Mapping[str, str], *arguments: str, seconds: float = 120) -> str:
    """Run `aftercare <arguments>` in this stack; returns its output. Raises StackError."""
    done = subprocess.run(
        [sys.executable, "-m", "aftercare", *arguments],
        env=inherited(env),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        raise StackError(f"`aftercare {' '.join(arguments)}` failed:\n{done.stderr[-2000:]}")
    return done.stdout


def inherited(env: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `env` on top: what a child of the stack is given."""
    return {**os.environ, **env}


def _broker(plan: Plan, servers: Servers, addresses: dict[str, str]) -> dict[str, str]:
    port = preferred(9092)
    broker: Tansu | ApacheKafka
    if plan.kafka == "tansu":
        broker = Tansu(plan.home / "tansu", port)
    else:
        broker = ApacheKafka(plan.home / "kafka", port)
    plan.say(f"starting the broker ({plan.kafka})")
    addresses["Kafka"] = servers.start(broker).address
    timeout = {"AFTERCARE_SESSION_TIMEOUT_MS": str(SESSION_TIMEOUT_MS)}
    return {"AFTERCARE_KAFKA": broker.address} | (timeout if plan.kafka == "tansu" else {})


def _store(plan: Plan, servers: Servers, addresses: dict[str, str]) -> tuple[dict[str, str], str]:
    """The store's variable, and the URL of Airflow's own database (empty: its SQLite)."""
    if plan.store == "sqlite":
        path = _sqlite(plan)
        addresses["Store"] = str(path)
        return {"AFTERCARE_STORE": f"sqlite:///{path}"}, ""
    plan.say("starting PostgreSQL")
    # Tansu forgets its topics when it stops, so a store beside it must not outlive it either
    home = None if plan.kafka == "tansu" else plan.home / "postgres"
    server = servers.start(Postgres(home))
    addresses["Store"] = f"PostgreSQL on 127.0.0.1:{server.port}, database aftercare"
    return {"AFTERCARE_STORE": server.address}, server.create("airflow")


def _sqlite(plan: Plan) -> Path:
    home = plan.home.resolve()
    if plan.kafka != "tansu":
        return home / "aftercare.db"
    path = home / "embedded.db"
    for each in home.glob("embedded.db*"):
        each.unlink()
    return path


def _mail(
    plan: Plan, servers: Servers, addresses: dict[str, str], env: dict[str, str]
) -> MailCatcher | None:
    """Sets the sender in `env`, unless the operator has chosen one."""
    if plan.mail != "catcher":
        env.setdefault("AFTERCARE_SENDER", "outbox")
        addresses["Outbox"] = str(plan.home.resolve() / "outbox" / "index.html")
        return None
    catcher = servers.start(MailCatcher(plan.home / "mail", preferred(1025)))
    env |= {"AFTERCARE_SENDER": "smtp", "AFTERCARE_SMTP_HOST": "127.0.0.1"}
    env["AFTERCARE_SMTP_PORT"] = str(catcher.port)
    addresses["Mail"] = f"{catcher.folder} (SMTP on {catcher.address})"
    return catcher


def _airflow(
    plan: Plan,
    open_parts: ExitStack,
    addresses: dict[str, str],
    env: dict[str, str],
    database: str,
) -> Airflow:
    """Start Airflow and tell the others, through `env`, where to wake its DAGs."""
    plan.say("starting Airflow (about ten seconds)")
    airflow = Airflow(
        plan.home / "airflow",
        preferred(8080),
        sql_conn=database,
        env=env,
        parallelism=plan.parallelism,
        say=plan.say,
    )
    open_parts.enter_context(airflow)
    addresses["Airflow"] = f"{airflow.address} (user admin, password {airflow.password()})"
    env |= {"AFTERCARE_AIRFLOW_URL": airflow.address, "AFTERCARE_AIRFLOW_USERNAME": "op"}
    env["AFTERCARE_AIRFLOW_PASSWORD"] = airflow.password("op")
    return airflow


def _consumers(plan: Plan, open_parts: ExitStack, env: dict[str, str]) -> Supervisor:
    plan.say("starting the consumers")
    supervisor = open_parts.enter_context(Supervisor(plan.home.resolve() / "logs", plan.say))
    argv = [sys.executable, "-m", "consumers"]
    names = [f"consumers-{number}" for number in range(1, plan.consumers + 1)]
    supervisor.start(
        [Service(n, argv, inherited(env), cwd=ROOT, final=WAITING_MENDS_NOTHING) for n in names]
    )
    return supervisor
