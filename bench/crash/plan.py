"""What is killed where: a seeded plan of crash points."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

POINTS: Mapping[str, Sequence[str]] = {
    "consumer": ("after-poll", "in-transaction", "after-commit-before-kafka"),
    "worker": (
        "after-claim",
        "after-render",
        "before-question",
        "before-send",
        "after-accept",
        "after-record",
    ),
}

STILL = "still at "
"""How the point of a child is called that stands still there instead of dying."""


@dataclass(frozen=True)
class Plan:
    """`named` is the share of children that die at a named point (the others: at a random moment),
    `standing` the share of those that stand still there for a while; `visits` the latest visit of
    the point that counts; `patience` the machine seconds that a child has to reach it."""

    points: Mapping[str, Sequence[str]] = field(default_factory=lambda: POINTS)
    named: float = 0.75
    standing: float = 0.06
    visits: Mapping[str, int] = field(default_factory=lambda: {"consumer": 3, "worker": 8})
    # A consumer first has to join its group.
    patience: Mapping[str, float] = field(default_factory=lambda: {"consumer": 8.0, "worker": 4.0})

    def next(self, what: str, dice: random.Random) -> tuple[str, str]:
        """The next child's point in words ("" for a random moment), and its CRASHPOINT."""
        if not self.points[what] or dice.random() >= self.named:
            return "", ""
        point = dice.choice(self.points[what])
        crash = f"{point}:{dice.randint(1, self.visits[what])}"
        if dice.random() < self.standing:
            return f"{STILL}{point}", f"stop@{crash}"
        return point, crash
