"""How SQLite goes about a read: each statement it ran, and each line of the statement's plan."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from prepaid.store.sqlite import database as sqlite


def plans_of(url: str, read: Callable[[Connection], object]) -> list[tuple[str, str]]:
    """Statements of a read with the lines of their plans."""
    engine = sqlite.engine(Path(url.removeprefix("sqlite:///")), read_only=False)
    told: list[tuple[str, Any]] = []
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        event.listen(
            engine,
            "before_cursor_execute",
            lambda _c, _cursor, text, values, *_: told.append((text, values)),
        )
        read(connection)
        plans = [
            (text, row[3])
            for text, values in told
            for row in raw.execute(f"EXPLAIN QUERY PLAN {text}", values)
        ]
    engine.dispose()
    return plans
