"""The queue of webhooks on SQLite: one statement for each row, straight to the driver.

The status stands in the texts: the planner uses an index of waiting deliveries for no parameter.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.store.deliveries.queue import (
    AfterRow,
    AttemptRow,
    DueEndpoint,
    NextRow,
    Place,
    TakenRow,
    Wish,
)

_ONE = "account_id = ? AND endpoint = ? AND message = ?"

DUE = (
    "SELECT account_id, number, url, headers, throttle_rate, next_at, failing_since,"
    " disabled OR deleted_at IS NOT NULL"
    " FROM endpoint WHERE due_at <= ? ORDER BY due_at LIMIT ?"
)
SECRETS = (
    "SELECT number, sealed FROM endpoint_secret"
    " WHERE account_id = ? AND endpoint = ? AND (expires_at IS NULL OR expires_at > ?)"
    " ORDER BY number DESC"
)
FIND = (
    "SELECT d.account_id, d.endpoint, d.message, m.event_type, m.body, m.notification,"
    " d.asked_at, d.made, d.attempts FROM delivery d"
    " JOIN message m ON m.account_id = d.account_id AND m.number = d.message"
    " WHERE d.account_id = ? AND d.endpoint = ? AND d.status = 'waiting' AND d.due_at <= ?"
    " ORDER BY d.due_at, d.message LIMIT ?"
)
LEASE = f"UPDATE delivery SET claim = ?, due_at = ? WHERE {_ONE}"
NEXT = (
    "UPDATE endpoint SET next_at = ?1, due_at ="
    " (SELECT max(min(d.due_at), ?2) FROM delivery d"
    " WHERE d.account_id = ?3 AND d.endpoint = ?4 AND d.status = 'waiting')"
    " WHERE account_id = ?3 AND number = ?4"
)
END = (
    "UPDATE delivery SET status = ?, due_at = ?, made = ?, attempts = ?, claim = NULL"
    f" WHERE {_ONE} AND claim = ?"
)
KEEP = (
    f"INSERT INTO attempt ({', '.join(AttemptRow._fields)})"
    f" VALUES ({', '.join('?' * len(AttemptRow._fields))})"
)
FLAG = "UPDATE notification SET webhook_sent = true WHERE account_id = ? AND number = ?"


class SqliteQueue:
    """In one open transaction, which has the file to itself."""

    def __init__(self, connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        self._cursor = raw.cursor()

    def due(self, now: Instant, busy: Collection[Place], limit: int) -> Sequence[DueEndpoint]:
        """See `Queue`."""
        execute = self._cursor.execute
        found = [
            row
            for row in execute(DUE, (now, limit + len(busy))).fetchall()
            if (row[0], row[1]) not in busy
        ]
        return [
            DueEndpoint._make([*row, execute(SECRETS, (row[0], row[1], now)).fetchall()])
            for row in found[:limit]
        ]

    def take(
        self, wishes: Sequence[Wish], now: Instant, until: Instant, claim: bytes
    ) -> Sequence[TakenRow]:
        """See `Queue`."""
        taken = [
            TakenRow(*row)
            for account, endpoint, limit in wishes
            for row in self._cursor.execute(FIND, (account, endpoint, now, limit))
        ]
        self._cursor.executemany(LEASE, [(claim, until, *row[:3]) for row in taken])
        return taken

    def next(self, rows: Sequence[NextRow]) -> None:
        """See `Queue`."""
        values = [(one.next_at, one.not_before, one.account, one.endpoint) for one in rows]
        self._cursor.executemany(NEXT, values)

    def end(self, ended: Sequence[tuple[AttemptRow, AfterRow]]) -> set[tuple[AccountId, int, int]]:
        """See `Queue`."""
        execute = self._cursor.execute
        kept = []
        for attempt, after in ended:
            account, endpoint, message, number = attempt[:4]
            values = (after.delivery, after.due_at, after.made, number)
            place = (account, endpoint, message, after.claim)
            if execute(END, (*values, *place)).rowcount:
                kept.append(attempt)
        self._cursor.executemany(KEEP, kept)
        return {one[:3] for one in kept}

    def flag(self, notifications: Sequence[tuple[AccountId, int]]) -> None:
        """See `Queue`."""
        self._cursor.executemany(FLAG, notifications)
