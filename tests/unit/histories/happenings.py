"""What may happen: to customers, to what they ordered, to the mail, to the workers."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

KINDS = ("apology", "check_in", "small_extra")


@dataclass(frozen=True)
class Happening:
    """`what` happens `after` the one before, to a customer and one of their things."""

    what: str
    after: timedelta
    who: int = 0
    number: int = 0
    choice: str = ""


@dataclass(frozen=True)
class Home:
    """Where a customer lives."""

    country: str | None
    time_zone: str | None


HOMES = st.sampled_from(
    [
        Home("BR", None),
        Home("BR", "America/Manaus"),
        Home("PT", None),
        Home("GB", "Europe/London"),
        Home("US", "America/Los_Angeles"),
        Home("JP", "Asia/Tokyo"),
        Home("JP", None),
        Home(None, None),
        Home("BR", "Mars/Olympus"),
    ]
)

_CHOICES = {
    "late": ("1", "3", "9"),
    "promised": ("1", "4"),
    "damaged": ("Recife", "Recife", "Olinda", ""),
    "refunded": ("",),
    "cancelled": ("",),
    "complains": ("low", "critical"),
    "complaint resolved": ("",),
    "writes": ("",),
    "ticket resolved": ("",),
    "ticket reopened": ("",),
    "refuses": KINDS,
    "agrees": KINDS,
    "erased": ("",),
    "address breaks": ("",),
    "address mended": ("",),
    "post": ("busy", "refused", "lost", "lost on the way back"),
    "provider says": ("delivered", "dropped", "bounce", "unsubscribe"),
    "settled": ("",),
    "worker dies": ("claim", "check", "decide", "compose"),
    "incident stopped": ("Recife", "storm"),
    "incident resumed": ("Recife", "storm"),
    "told again": ("",),
}

_AFTER = st.sampled_from([0, 0.2, 1, 3, 9, 20, 24, 50, 24 * 8, 24 * 31]).map(
    lambda hours: timedelta(hours=hours)
)

TROUBLES = ("late", "damaged", "promised", "refunded")
CASES = ("complains", "complaint resolved", "writes", "ticket resolved", "ticket reopened")
MISHAPS = ("post", "post", "provider says", "settled", "worker dies", "address breaks")
MENDED = ("address mended", "incident stopped", "incident resumed", "told again", "cancelled")
WISHES = ("refuses", "agrees", "erased")


def _happening(what: str) -> st.SearchStrategy[Happening]:
    return st.builds(
        Happening,
        what=st.just(what),
        after=_AFTER,
        who=st.integers(0, 1),
        number=st.integers(0, 2),
        choice=st.sampled_from(_CHOICES[what]),
    )


def of(*names: str) -> st.SearchStrategy[list[Happening]]:
    """Histories of these; a name that is given twice happens twice as often."""
    return st.lists(st.sampled_from(names).flatmap(_happening), min_size=5, max_size=14)


anything = of(*TROUBLES * 3, *CASES * 2, *MISHAPS, *MENDED, *WISHES)
homes = st.tuples(HOMES, HOMES)
