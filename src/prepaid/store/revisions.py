"""Which tables a database has, and which this version works with.

Knows nothing of how they are changed: what does that takes 10 MiB, and a server need not keep it.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect

_TABLE = "alembic_version"
_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_DIGITS = 4  # that the name of a migration begins with, and its revision is


def revision(connection: Connection) -> str | None:
    """The revision of the database's tables; None when it has none of ours."""
    if not inspect(connection).has_table(_TABLE):
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {_TABLE}")
    number: str | None = found.scalar_one_or_none()
    return number


def newest_revision() -> str:
    """The revision that this version of the code works with."""
    return max(path.name[:_DIGITS] for path in _VERSIONS.glob("[0-9]*.py"))
