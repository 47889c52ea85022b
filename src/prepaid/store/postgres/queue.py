"""The queue of webhooks on PostgreSQL: one statement for all rows, as arrays.

Look-ups are `unnest(…) CROSS JOIN LATERAL (… LIMIT n)`: an index look-up for each row, whatever
the statistics say of a queue that is mostly empty.
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

DUE = """
SELECT e.account_id, e.number, e.url, e.headers, e.throttle_rate, e.next_at, e.failing_since,
       e.disabled OR e.deleted_at IS NOT NULL, s.numbers, s.sealed
FROM endpoint e CROSS JOIN LATERAL (
  SELECT array_agg(s.number ORDER BY s.number DESC) AS numbers,
         array_agg(s.sealed ORDER BY s.number DESC) AS sealed
  FROM endpoint_secret s WHERE s.account_id = e.account_id AND s.endpoint = e.number
  AND (s.expires_at IS NULL OR s.expires_at > $1)) s
WHERE e.due_at <= $1 AND NOT EXISTS (
  SELECT FROM unnest($2::bigint[], $3::int[]) AS b(a, n)
  WHERE b.a = e.account_id AND b.n = e.number)
ORDER BY e.due_at LIMIT $4 FOR UPDATE OF e SKIP LOCKED
"""
# A result that comes late may be kept just now: a row is looked at again after its lock.
TAKE = """
WITH due AS MATERIALIZED (
  SELECT f.* FROM unnest($1::bigint[], $2::int[], $3::int[]) WITH ORDINALITY AS w(a, n, most, o)
  CROSS JOIN LATERAL (
    SELECT d.account_id, d.endpoint, d.message, w.o, d.due_at FROM delivery d
    WHERE d.account_id = w.a AND d.endpoint = w.n AND d.status = 'waiting' AND d.due_at <= $4
    ORDER BY d.due_at, d.message LIMIT w.most FOR UPDATE SKIP LOCKED) f
), leased AS (
  UPDATE delivery d SET claim = $6, due_at = $5 FROM due
  WHERE d.account_id = due.account_id AND d.endpoint = due.endpoint AND d.message = due.message
  RETURNING d.account_id, d.endpoint, d.message, d.asked_at, d.made, d.attempts, due.o, due.due_at
)
SELECT l.account_id, l.endpoint, l.message, m.event_type, m.body, m.notification,
       l.asked_at, l.made, l.attempts
FROM leased l JOIN message m ON m.account_id = l.account_id AND m.number = l.message
ORDER BY l.o, l.due_at, l.message
"""
NEXT = """
UPDATE endpoint e SET next_at = w.next_at, due_at = (
  SELECT CASE WHEN min(d.due_at) IS NOT NULL THEN greatest(min(d.due_at), w.not_before) END
  FROM delivery d
  WHERE d.account_id = e.account_id AND d.endpoint = e.number AND d.status = 'waiting')
FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bigint[]) AS w(a, n, next_at, not_before)
WHERE e.account_id = w.a AND e.number = w.n
"""
END = f"""
WITH w AS MATERIALIZED (
  SELECT * FROM unnest(
    $1::bigint[], $2::int[], $3::bigint[], $4::int[], $5::bigint[], $6::text[], $7::int[],
    $8::int[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
    $14::bytea[], $15::text[], $16::bigint[], $17::int[])
  AS w({", ".join(AttemptRow._fields)}, claim, delivery, due_at, made)
), held AS (
  UPDATE delivery d SET status = w.delivery, due_at = w.due_at, made = w.made,
                        attempts = w.number, claim = NULL
  FROM w WHERE d.account_id = w.account_id AND d.endpoint = w.endpoint AND d.message = w.message
  AND d.claim = w.claim
  RETURNING {", ".join(f"w.{name}" for name in AttemptRow._fields)}
)
INSERT INTO attempt ({", ".join(AttemptRow._fields)}) SELECT * FROM held
RETURNING account_id, endpoint, message
"""
FLAG = """
UPDATE notification n SET webhook_sent = true FROM unnest($1::bigint[], $2::bigint[]) AS w(a, n)
WHERE n.account_id = w.a AND n.number = w.n
"""


class PostgresQueue:
    """In one open transaction, beside those of other processes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _run(self, text: str, *values: object) -> Any:  # noqa: ANN401 - rows of any shape
        return self._connection.exec_driver_sql(text, values)

    def due(self, now: Instant, busy: Collection[Place], limit: int) -> Sequence[DueEndpoint]:
        """See `Queue`."""
        found = self._run(DUE, now, *_columns(busy, 2), limit)
        return [
            DueEndpoint._make([*row, list(zip(numbers or (), sealed or (), strict=True))])
            for *row, numbers, sealed in found
        ]

    def take(
        self, wishes: Sequence[Wish], now: Instant, until: Instant, claim: bytes
    ) -> Sequence[TakenRow]:
        """See `Queue`."""
        found = self._run(TAKE, *_columns(wishes, len(Wish._fields)), now, until, claim)
        return [TakenRow(*row) for row in found]

    def next(self, rows: Sequence[NextRow]) -> None:
        """See `Queue`."""
        self._run(NEXT, *_columns(rows, len(NextRow._fields)))

    def end(self, ended: Sequence[tuple[AttemptRow, AfterRow]]) -> set[tuple[AccountId, int, int]]:
        """See `Queue`."""
        rows = [(*attempt, *after) for attempt, after in ended]
        found = self._run(END, *_columns(rows, len(AttemptRow._fields) + len(AfterRow._fields)))
        return {(account, endpoint, message) for account, endpoint, message in found}

    def flag(self, notifications: Sequence[tuple[AccountId, int]]) -> None:
        """See `Queue`."""
        self._run(FLAG, *_columns(notifications, 2))


def _columns(rows: Collection[tuple[object, ...]], width: int) -> list[list[object]]:
    """Rows as one list for each column."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
