"""From what an operator types to the id that is meant: whole, or its beginning."""

from sqlalchemy import ColumnElement, Connection, select

from aftercare.errors import UsageError
from aftercare.rules.nearest import nearest

_SHORTEST = 3
_MOST = 5
_LOOKED_AT = 500


def in_full(
    connection: Connection,
    column: ColumnElement[str],
    given: str,
    *,
    what: str,
    listed_by: str,
) -> str:
    """The one id in a column that is `given` or begins with it.

    Raises UsageError when there is none, or several; `what` is named in it, and the command that
    lists them.
    """
    text = given.strip()
    query = select(column).where(column.startswith(text, autoescape=True)).distinct()
    known = list(connection.execute(query.order_by(column).limit(_MOST + 1)).scalars())
    if text in known:
        return text
    if not known or len(text) < _SHORTEST:
        near = _near(connection, column, text)
        raise UsageError(f"there is no {what} {given}{near}; `{listed_by}` shows them")
    if len(known) > 1:
        some = ", ".join(known[:_MOST]) + (", …" if len(known) > _MOST else "")
        raise UsageError(f"{given} is the beginning of several: {some}; write more of the one")
    return known[0]


def _near(connection: Connection, column: ColumnElement[str], text: str) -> str:
    query = select(column).where(column.startswith(text[:2], autoescape=True)).limit(_LOOKED_AT)
    known = list(connection.execute(query).scalars()) if len(text) > _SHORTEST else []
    return nearest(text, known) if known else ""
