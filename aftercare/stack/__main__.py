"""`python -m aftercare.stack NAME [--port N] [--home DIR]`: one server in the foreground."""

import argparse
import sys
import time
from pathlib import Path

from aftercare.errors import AftercareError
from aftercare.stack.airflow import Airflow
from aftercare.stack.apache_kafka import ApacheKafka
from aftercare.stack.foreground import until_told
from aftercare.stack.mail_catcher import MailCatcher
from aftercare.stack.postgres import Postgres
from aftercare.stack.server import Server
from aftercare.stack.tansu import Tansu

SERVERS: dict[str, type[Server]] = {
    "kafka": ApacheKafka,
    "tansu": Tansu,
    "postgres": Postgres,
    "mail": MailCatcher,
    "airflow": Airflow,
}


def main() -> int:
    """Run one server until Ctrl-C; its address is the only line on standard output."""
    asked = _arguments()
    try:
        with until_told(), _server(asked) as server:
            print(server.address, flush=True)
            while True:
                server.tend()
                time.sleep(0.2)
    except AftercareError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m aftercare.stack", description=main.__doc__)
    parser.add_argument("server", choices=sorted(SERVERS))
    parser.add_argument("--port", type=int, help="TCP port; a free one when left out")
    parser.add_argument("--home", type=Path, help="folder for its data; temporary when left out")
    return parser.parse_args()


def _server(asked: argparse.Namespace) -> Server:
    kind: type[Server] = SERVERS[asked.server]
    return kind(asked.home, asked.port)


if __name__ == "__main__":
    sys.exit(main())
