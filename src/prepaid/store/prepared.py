"""One statement for many rows, as text: SQLAlchemy's work for each row costs more than the row."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.sql import ClauseElement


@lru_cache(maxsize=64)
def _text(statement: Executable, dialect: Dialect) -> tuple[str, tuple[tuple[str, object], ...]]:
    """The statement's text, and in their order its parameters with the values they have in it."""
    assert isinstance(statement, ClauseElement), "statements are made once, at import"
    compiled: Any = statement.compile(dialect=dialect)
    return compiled.string, tuple((name, compiled.params[name]) for name in compiled.positiontup)


def many(
    connection: Connection, statement: Executable, rows: Sequence[Mapping[str, object]]
) -> None:
    """Execute a statement for each row. Values go to the driver as they are: no dates, no JSON."""
    text, parameters = _text(statement, connection.dialect)
    values = [tuple(row.get(name, given) for name, given in parameters) for row in rows]
    connection.exec_driver_sql(text, values)
