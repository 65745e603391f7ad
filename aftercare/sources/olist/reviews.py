"""Reviews of one or two stars as complaints."""

from collections import defaultdict
from pathlib import Path
from typing import Literal

from aftercare.events import payloads as p
from aftercare.events import types as e
from aftercare.events.fields import Person
from aftercare.sources.olist.moments import moment
from aftercare.sources.olist.orders import envelope
from aftercare.sources.olist.tables import Row, rows

_SEVERITY: dict[str, Literal["high", "medium"]] = {"1": "high", "2": "medium"}
_COLUMNS = ("review_id", "order_id", "review_score", "review_answer_timestamp")


def bad_reviews(folder: Path) -> dict[str, list[Row]]:
    """Reviews of one or two stars, by order."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows(folder, "order_reviews", *_COLUMNS):
        if row["review_score"] in _SEVERITY:
            found[row["order_id"]].append(row)
    return dict(found)


def complaint(review: Row, customer_id: str, who: Person) -> e.ComplaintOpened | None:
    """The complaint in a review, at the time the customer wrote it; None when that is unknown.

    Review ids repeat over orders in Olist, so the complaint's id is made of both.
    Raises ValueError when the time cannot be read.
    """
    created = review.get("review_creation_date", "")
    time = moment(review["review_answer_timestamp"] or created)
    if time is None:
        return None
    complaint_id = f"{review['review_id']}.{review['order_id']}"
    data = p.ComplaintOpened(
        customer_id=customer_id,
        complaint_id=complaint_id,
        order_id=review["order_id"],
        severity=_SEVERITY[review["review_score"]],
        topic="review",
        comment=_words(review),
        customer=who,
    )
    return e.ComplaintOpened(**envelope(complaint_id, "opened", time), data=data)


def _words(review: Row) -> str | None:
    parts = (review.get("review_comment_title"), review.get("review_comment_message"))
    return "\n".join(part for part in parts if part) or None
