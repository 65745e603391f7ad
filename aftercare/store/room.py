"""Whether the disk under a SQLite store is full."""

import os
from pathlib import Path

from sqlalchemy import URL

LEAST = 64 * 1024
"""Bytes. SQLite takes 32 kB at once for the index of its write-ahead log."""


def no_room(url: URL) -> bool:
    """True when this is a SQLite file on a disk that has no room left."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return False
    path = Path(url.database.removeprefix("file:").partition("?")[0])
    try:
        disk = os.statvfs(path.parent)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < LEAST
