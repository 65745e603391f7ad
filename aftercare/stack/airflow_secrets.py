"""Keys and passwords of a local Airflow: made once under its home, readable by its owner only."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

USERS = {"admin": "admin", "op": "op", "viewer": "viewer"}  # name: role


@dataclass(frozen=True)
class AirflowSecrets:
    """What all components of one Airflow must share. JWT: 64 characters; Fernet: 32 bytes."""

    jwt: str
    fernet: str
    api: str


def keys(home: Path) -> AirflowSecrets:
    """Read the keys under `home`, or make them."""
    path = home / "secrets.json"
    if not path.exists():
        fernet = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        made = AirflowSecrets(secrets.token_hex(32), fernet, secrets.token_hex(32))
        _write(path, asdict(made))
    return AirflowSecrets(**json.loads(path.read_text()))


def passwords_file(home: Path) -> Path:
    """The file of the simple auth manager, `{"name": "password"}`, made when missing."""
    path = home / "passwords.json"
    if not path.exists():
        _write(path, {name: secrets.token_urlsafe(12) for name in USERS})
    return path


def password(home: Path, user: str) -> str:
    """The generated password of one of USERS."""
    return str(json.loads(passwords_file(home).read_text())[user])


def _write(path: Path, content: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
