"""How a further terminal joins a running stack: the same settings, in a file for the shell."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

NAME = "stack.env"
_OWNER_ONLY = 0o600


def write_env(home: Path, env: Mapping[str, str]) -> Path:
    """Write `export NAME=value` lines that a shell reads with `. <home>/stack.env`; returns the file.
    It holds the stack's passwords, so nobody but its owner may read it."""
    lines = ("# The stack that was started last in this home.", *_exports(env))
    path, fresh = home / NAME, home / f".{NAME}.new"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w") as file:
        file.write("\n".join(lines) + "\n")
    return fresh.replace(path)


def _exports(env: Mapping[str, str]) -> list[str]:
    return [f"export {name}={shlex.quote(value)}" for name, value in sorted(env.items())]


def how_to_join(file: Path) -> str:
    """What to type, as short as it can be from here."""
    here = Path.cwd()
    path = file.relative_to(here) if file.is_relative_to(here) else file
    return f". {shlex.quote(str(path))}"
