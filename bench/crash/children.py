"""The processes that are killed: consumers and workers, forked so that a restart costs little."""

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess

from aftercare.errors import StoreError
from aftercare.ids import new_id
from aftercare.stack.death import die_with_parent
from aftercare.steps.model import Batch
from aftercare.steps.table import run_batch
from aftercare.upkeep.tidy import tidy_up
from bench.crash.ground import Ground
from bench.crash.mutations import mutate
from consumers.loop import run as consume

FORK = multiprocessing.get_context("fork")


def spawn(what: str, ground: Ground, crashpoint: str, mutation: str) -> BaseProcess:
    """Start a `consumer` or a `worker` that dies at a crash point (none: lives until killed)."""
    target: Callable[..., None] = {"consumer": _consumer, "worker": _worker}[what]
    end_with_us = die_with_parent(signal.SIGKILL) or (lambda: None)
    args = (target, ground, crashpoint, mutation, end_with_us)
    process = FORK.Process(target=_child, args=args, daemon=True)
    process.start()
    return process


def _child(
    target: Callable[[Ground], None],
    ground: Ground,
    crashpoint: str,
    mutation: str,
    end_with_the_rig: Callable[[], None],
) -> None:
    # A session of its own: a child that stands still must not stop or hang up its relatives.
    os.setsid()
    end_with_the_rig()
    os.environ["CRASHPOINT"] = crashpoint
    logging.disable(logging.CRITICAL)
    mutate(mutation)
    target(ground)


def _consumer(ground: Ground) -> None:
    consume(ground.settings, ["orders", "deliveries"], threading.Event())


def _worker(ground: Ground) -> None:
    """The same steps as the DAGs, without Airflow."""
    parts, tidied = ground.parts(), 0.0
    while True:
        try:
            if time.monotonic() - tidied > 1.0:
                tidy_up(parts)
                tidied = time.monotonic()
            if not run_batch(parts, Batch(new_id(), "apology"))["claimed"]:
                time.sleep(0.1)
        except StoreError:
            # Postgres is being restarted.
            time.sleep(0.3)
