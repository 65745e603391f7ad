"""A batch and what a step reports of it."""

from collections import Counter
from dataclasses import dataclass

Counts = Counter[str]
"""How many triggers went where; ids and counts are all that leaves a step."""


@dataclass(frozen=True)
class Batch:
    """One claim's worth of triggers of one kind. The id is the claim's token; a step that is run
    again with the same batch goes on where it stopped."""

    batch_id: str
    kind: str
