"""Loopback ports: find free ones, ask whether one answers."""

import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Return `count` different TCP ports that are free on loopback at this moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in sockets]


def free_port() -> int:
    """Return one TCP port that is free on loopback at this moment."""
    return free_ports(1)[0]


def is_open(port: int, host: str = LOOPBACK) -> bool:
    """True when something accepts TCP connections there."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def preferred(port: int) -> int:
    """Return `port` when nothing listens there, otherwise a free one."""
    return free_port() if is_open(port) else port
