"""A private PostgreSQL on loopback, with a generated password and SCRAM authentication."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from aftercare.stack.errors import StackError
from aftercare.stack.ports import LOOPBACK
from aftercare.stack.process import Child
from aftercare.stack.server import Server

DEBIAN = Path("/usr/lib/postgresql")
ACCOUNT = "postgres"
ROLE = "aftercare"


class Postgres(Server):
    """One PostgreSQL server. PostgreSQL refuses to run as root; then it runs as user `postgres`.

    `durable=False` skips fsync: quicker, and safe against everything but the machine's own crash.
    """

    name = "postgres"

    def __init__(
        self, home: Path | None = None, port: int | None = None, durable: bool = True
    ) -> None:
        super().__init__(home, port)
        self._durable = durable
        self._user = ACCOUNT if os.geteuid() == 0 else None

    @classmethod
    def available(cls) -> str | None:
        if _binaries() is None:
            return "PostgreSQL is not installed (apt-get install postgresql)"
        if os.geteuid() == 0 and ACCOUNT not in {each.pw_name for each in pwd.getpwall()}:
            return "PostgreSQL does not run as root, and there is no user `postgres` to become"
        return None

    @property
    def address(self) -> str:
        """The SQLAlchemy URL of the database `aftercare`, password included: not for logs."""
        return self.url("aftercare")

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database, which `create` has made."""
        return f"postgresql+psycopg://{self._dsn(database)}"

    def create(self, database: str) -> str:
        """Make an empty database unless it exists; returns its SQLAlchemy URL."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(f"postgresql://{self._dsn('postgres')}", autocommit=True) as admin:
            known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            if known.fetchone() is None:
                admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self.url(database)

    def answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(f"postgresql://{self._dsn('postgres')}", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        reason = self.available()
        if reason:
            raise StackError(reason)
        self._prepare_home()
        if not (self._data / "PG_VERSION").exists():
            self._initdb()
        self.child = self._server()
        self.child.start()
        self.child.wait_until(self.answers, 30)
        self.create("aftercare")

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def _dsn(self, database: str) -> str:
        password = (self.home / "password").read_text().strip()
        return f"{ROLE}:{password}@{LOOPBACK}:{self.port}/{database}"

    def _prepare_home(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        password = self.home / "password"
        if not password.exists():
            password.touch(mode=0o600)
            password.write_text(secrets.token_urlsafe(24))
        if self._user:
            shutil.chown(self.home, self._user, self._user)
            shutil.chown(password, self._user, self._user)

    def _initdb(self) -> None:
        argv = [_tool("initdb"), "-D", str(self._data), "-U", ROLE, "-E", "UTF8", "--locale=C"]
        argv += ["--auth=scram-sha-256", f"--pwfile={self.home / 'password'}", "--no-instructions"]
        if not self._durable:
            argv.append("--no-sync")
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, cwd="/", user=self._user
        )
        if done.returncode != 0:
            raise StackError(f"PostgreSQL could not be set up in {self.home}: {done.stderr[-600:]}")

    def _server(self) -> Child:
        options = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",  # a deep folder would exceed a socket path's 107 bytes
            "timezone": "UTC",
            "fsync": "on" if self._durable else "off",
        }
        argv = [_tool("postgres"), "-D", str(self._data)]
        argv += [f"--{name}={value}" for name, value in options.items()]
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
        return Child(
            self.name, argv, log=self.log, cwd=Path("/"), user=self._user, stop_signal=signal.SIGINT
        )


def _binaries() -> Path | None:
    """The newest PostgreSQL of Debian, or the one whose `initdb` is on PATH."""
    versions = [each for each in DEBIAN.glob("*/bin/initdb") if os.access(each, os.X_OK)]
    if versions:
        return max(versions, key=lambda each: int(each.parts[-3])).parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _tool(name: str) -> str:
    folder = _binaries()
    if folder is None:
        raise StackError("PostgreSQL is not installed (apt-get install postgresql)")
    return str(folder / name)
