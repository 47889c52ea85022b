"""What a database URL names."""

from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


def sqlite_path(url: str) -> Path | None:
    """The file of a `sqlite:///…` URL; None for a PostgreSQL one.

    Raises:
        ValueError: it is neither.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        message = "the database URL must be sqlite:///FILE or postgresql://…"
        raise ValueError(message) from error
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            message = "a SQLite URL must name a file: sqlite:///./prepaid.db"
            raise ValueError(message)
        return Path(parsed.database)
    if kind == "postgresql":
        return None
    message = f"the database URL must be sqlite:///FILE or postgresql://…, not {kind}"
    raise ValueError(message)


def shown(url: str) -> str:
    """The URL as it may stand on a screen: without its password."""
    return make_url(url).render_as_string(hide_password=True)
