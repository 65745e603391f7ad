"""The store itself refuses a status change that lifecycle.MOVES does not know."""

from sqlalchemy import Connection, delete, insert, text

from aftercare.lifecycle import MOVES
from aftercare.store.tables import moves

_SQLITE = """
CREATE TRIGGER refuse_unknown_move BEFORE UPDATE OF status ON triggers
WHEN OLD.status <> NEW.status AND NOT EXISTS
  (SELECT 1 FROM moves WHERE source = OLD.status AND target = NEW.status)
BEGIN SELECT RAISE(ABORT, 'move refused by the life of a follow-up'); END
"""

_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_unknown_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status <> NEW.status AND NOT EXISTS
    (SELECT 1 FROM moves WHERE source = OLD.status AND target = NEW.status) THEN
    RAISE EXCEPTION 'move refused by the life of a follow-up: % to %', OLD.status, NEW.status;
  END IF;
  RETURN NEW;
END $$
"""

_POSTGRES = """
CREATE TRIGGER refuse_unknown_move BEFORE UPDATE OF status ON triggers
FOR EACH ROW EXECUTE FUNCTION refuse_unknown_move()
"""


def install(connection: Connection) -> None:
    """Fill the table of moves and put the guard on `triggers`; safe to run again."""
    connection.execute(delete(moves))
    rows = [{"source": s, "target": t} for s, targets in MOVES.items() for t in sorted(targets)]
    connection.execute(insert(moves), rows)
    if connection.dialect.name == "postgresql":
        connection.execute(text(_POSTGRES_FUNCTION))
        connection.execute(text("DROP TRIGGER IF EXISTS refuse_unknown_move ON triggers"))
        connection.execute(text(_POSTGRES))
    else:
        connection.execute(text("DROP TRIGGER IF EXISTS refuse_unknown_move"))
        connection.execute(text(_SQLITE))
