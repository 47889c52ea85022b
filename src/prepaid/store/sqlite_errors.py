"""Which errors of SQLite mean that its file or disk is away. Knows no statement."""

from collections.abc import Iterator
from contextlib import contextmanager

from pysqlite3 import dbapi2
from sqlalchemy.exc import DBAPIError

from prepaid.store.hot import Unavailable

AWAY = frozenset(
    (
        dbapi2.SQLITE_BUSY,
        dbapi2.SQLITE_LOCKED,
        dbapi2.SQLITE_READONLY,
        dbapi2.SQLITE_IOERR,
        dbapi2.SQLITE_FULL,
        dbapi2.SQLITE_CANTOPEN,
        dbapi2.SQLITE_PROTOCOL,
    )
)
PRIMARY = 0xFF  # the low byte of an extended error code


@contextmanager
def away_is_unavailable() -> Iterator[None]:
    """Nothing is wrong with what was asked when the disk is full: trying again can help.

    Raises:
        Unavailable: in place of such an error; any other error passes.
    """
    try:
        yield
    except (dbapi2.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if getattr(cause, "sqlite_errorcode", 0) & PRIMARY in AWAY:
            raise Unavailable(str(cause)) from error
        raise
