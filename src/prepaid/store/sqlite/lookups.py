"""Rows by their keys on SQLite, many with one statement: to run a statement costs more than a row.

In one transaction 64 keys took 2.7 µs each by a statement of their own, and 1.0 µs in one together.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any

from pysqlite3 import dbapi2

from prepaid.store.batching import rows

TOGETHER_MAX = 256
Place = tuple[Any, ...]  # one value per column of the key


class LookUp:
    """A statement for any number of places, made for 1, 2, 4 … 256 of them."""

    def __init__(self, before: str, width: int, after: str) -> None:
        self._before, self._after = before, after
        self._place = f"({', '.join('?' * width)})"
        self._text = cache(self._made)

    def _made(self, size: int) -> str:
        return f"{self._before} (VALUES {', '.join([self._place] * size)}){self._after}"

    def rows(self, raw: dbapi2.Connection, places: Sequence[Place]) -> Iterator[rows.Row]:
        """What is found, in no order. A place that fills up the statement is named again."""
        for first in range(0, len(places), TOGETHER_MAX):
            some = places[first : first + TOGETHER_MAX]
            size = 1 << (len(some) - 1).bit_length()
            filling = some[-1] * (size - len(some))
            yield from raw.execute(self._text(size), (*chain.from_iterable(some), *filling))


def _by_key(columns: str, table: str, key: str) -> LookUp:
    width = key.count(",") + 1
    return LookUp(f"SELECT {columns} FROM {table} WHERE ({key}) IN", width, "")


def _sum(table: str, low: str, high: str) -> LookUp:
    """By a number that names the place: its account, scope and both bounds follow."""
    total = (
        f"SELECT coalesce(sum(micros), 0) FROM {table}"
        f" WHERE account_id = a AND scope = s AND {low} AND {high}"
    )
    return LookUp("WITH w(place, a, s, low, high) AS", 5, f" SELECT place, ({total}) FROM w")


ACCOUNTS = _by_key(rows.ACCOUNT, "account", "id")
KEYS = _by_key(
    "account_id, route, key, request, seq, at, outcome",
    "idempotency_key",
    "account_id, route, key",
)
CHARGES = _by_key(rows.CHARGE, "charge", "account_id, seq")
WINDOWS = _by_key(rows.WINDOW, "spend_window", "account_id, scope")
SUMS = _sum("spend", "at > low", "at <= high")
HOUR_SUMS = _sum("spend_hour", "hour >= low", "hour < high")
