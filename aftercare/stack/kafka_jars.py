"""Apache Kafka's jars: fetched once by Maven into the user's cache, never into the repository."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aftercare.stack.errors import StackError

POM = Path(__file__).parent / "kafka" / "pom.xml"


def cached() -> Path:
    """The folder that holds (or will hold) the jars of this pom."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    version = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    return cache / "aftercare" / f"kafka-{version}"


def fetch() -> Path:
    """Return the folder with the jars, fetching them the first time. Raises StackError."""
    folder = cached()
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _lock(folder.parent / "kafka.lock"):
        if not folder.is_dir():
            _download(folder)
    return folder


def _download(folder: Path) -> None:
    """Maven copies next door first, so that a broken download is never taken for a whole one."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        shutil.copy(POM, work)
        argv = ["mvn", "-q", "-B", "-f", f"{work}/pom.xml", "dependency:copy-dependencies"]
        argv.append(f"-DoutputDirectory={work}/libs")
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=600)
        if done.returncode != 0:
            last = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
            raise StackError(f"Maven could not fetch Apache Kafka (is there a network?):\n{last}")
        os.replace(f"{work}/libs", folder)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
