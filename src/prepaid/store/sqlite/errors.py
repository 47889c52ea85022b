"""Which errors of SQLite mean that its file or disk is away. Knows no statement."""

from types import TracebackType

from pysqlite3 import dbapi2
from sqlalchemy.exc import DBAPIError

from prepaid.store.batching.hot import Unavailable

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


class away_is_unavailable:  # noqa: N801 - read as a word, like `suppress`
    """Nothing is wrong with what was asked when the disk is full: trying again can help.

    Raises:
        Unavailable: in place of such an error; any other error passes.
    """

    def __enter__(self) -> None:
        """Costs nothing, since every statement of the hot path stands in one."""

    def __exit__(
        self, _kind: object, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Look at the error, if there is one."""
        if isinstance(error, dbapi2.Error | DBAPIError):
            cause = error.orig if isinstance(error, DBAPIError) else error
            if getattr(cause, "sqlite_errorcode", 0) & PRIMARY in AWAY:
                raise Unavailable(str(cause)) from error
