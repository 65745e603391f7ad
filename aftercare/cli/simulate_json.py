"""A simulation for machines."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from aftercare.simulate.sent import Sent


def write_json(
    summary: dict[str, Any], messages: Iterable[Sent], write: Callable[[str], None]
) -> None:
    """One JSON object: the summary, and under `sent` the messages, one a line; they are written as
    they are read, because there may be many."""
    head = json.dumps(summary, indent=2, sort_keys=True, ensure_ascii=False)
    write(head.removesuffix("\n}") + ",")
    before = '  "sent": ['
    for message in messages:
        write(before)
        before = "    " + msgspec.json.encode(message).decode() + ","
    write(before.removesuffix(",") if before.startswith("    ") else before)
    write("  ]\n}")
