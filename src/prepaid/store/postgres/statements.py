"""The texts of PostgreSQL's hot statements.

Look-ups are `unnest(…) CROSS JOIN LATERAL (… LIMIT 1)`: with the writer's planner settings (see
`postgres.py`) that is an index look-up per row on an empty, never analysed table too.
"""

from prepaid.store import tables
from prepaid.store.batching import rows

_ARRAYS = {"BIGINT": "bigint", "INTEGER": "int", "TEXT": "text", "BOOLEAN": "bool"}


def _types(columns: str, table: str) -> list[str]:
    kinds = {c.name: str(c.type).upper() for c in tables.metadata.tables[table].columns}
    return [_ARRAYS.get(kinds[name], "bytea") for name in columns.replace('"', "").split(", ")]


class _Arguments:
    """Numbers the placeholders of one statement, in the order the values are given."""

    def __init__(self) -> None:
        self._last = 0

    def unnest(self, types: list[str]) -> str:
        """`unnest($1::bigint[], …)`."""
        places = [f"${self._last + n}::{kind}[]" for n, kind in enumerate(types, 1)]
        self._last += len(types)
        return f"unnest({', '.join(places)})"

    def one(self) -> str:
        """The next single argument."""
        self._last += 1
        return f"${self._last}"


def _qualified(columns: str, alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in columns.split(", "))


LOCK = f"SELECT {rows.ACCOUNT} FROM account WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE"
MOMENT = (
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,"
    " (SELECT epoch FROM price_list)"
)
GET_KEYS = (
    "SELECT w.a, w.r, w.k, f.request, f.seq, f.at, f.outcome"
    " FROM unnest($1::bigint[], $2::text[], $3::text[]) AS w(a, r, k)"
    " CROSS JOIN LATERAL (SELECT request, seq, at, outcome FROM idempotency_key i"
    " WHERE i.account_id = w.a AND i.route = w.r AND i.key = w.k LIMIT 1) f"
)
GET_CHARGES = (
    f"SELECT {_qualified(rows.CHARGE, 'f')} FROM unnest($1::bigint[], $2::bigint[]) AS w(a, s)"
    f" CROSS JOIN LATERAL (SELECT {rows.CHARGE} FROM charge c"
    " WHERE c.account_id = w.a AND c.seq = w.s LIMIT 1) f"
)
DUE = (
    f"SELECT {rows.CHARGE} FROM charge WHERE account_id = $1 AND status = 'held'"
    " AND expires_at <= $2 ORDER BY expires_at, seq LIMIT $3"
)
NEXT_DUE = (
    "SELECT min(expires_at) FROM charge"
    " WHERE account_id = $1 AND status = 'held' AND expires_at > $2"
)
GET_WINDOWS = (
    f"SELECT {_qualified(rows.WINDOW, 'f')} FROM unnest($1::bigint[], $2::int[]) AS w(a, s)"
    f" CROSS JOIN LATERAL (SELECT {rows.WINDOW} FROM spend_window s"
    " WHERE s.account_id = w.a AND s.scope = w.s LIMIT 1) f"
)
SUMS = (
    "SELECT w.place, CASE WHEN w.hours THEN h.micros ELSE r.micros END"
    " FROM unnest($1::int[], $2::bigint[], $3::int[], $4::bool[], $5::bigint[], $6::bigint[])"
    " AS w(place, a, s, hours, low, high)"
    " CROSS JOIN LATERAL (SELECT coalesce(sum(micros), 0)::bigint AS micros FROM spend x"
    " WHERE NOT w.hours AND x.account_id = w.a AND x.scope = w.s"
    " AND x.at > w.low AND x.at <= w.high) r"
    " CROSS JOIN LATERAL (SELECT coalesce(sum(micros), 0)::bigint AS micros FROM spend_hour x"
    " WHERE w.hours AND x.account_id = w.a AND x.scope = w.s"
    " AND x.hour >= w.low AND x.hour < w.high) h"
)
HAS_BATCH = "SELECT 1 FROM batch WHERE account_id = $1 AND id = $2"


def _save() -> str:
    n = _Arguments()
    state = "seq, at, balance, chain, holds_due, alarm"
    account = n.unnest([*_types(state, "account"), "bigint"])
    new = n.unnest(_types(rows.CHARGE, "charge"))
    end = "status, ended_seq, ended_at, ended_balance, ended_amount, ended_quantity, amount"
    changed = n.unnest([*_types(end, "charge"), "bigint", "bigint"])
    entries = n.unnest(_types(rows.ENTRY, "ledger_entry"))
    keys = n.unnest(_types(rows.KEY, "idempotency_key"))
    cell = 'account_id, grain, starts, workspace, sku, "count", micros'
    usage = n.unnest(_types(cell, "usage"))
    spend = n.unnest(_types("account_id, scope, at, micros", "spend"))
    hours = n.unnest(_types("account_id, scope, hour, micros", "spend_hour"))
    opened = n.unnest(_types(rows.WINDOW, "spend_window"))
    return f"""
WITH
saved_account AS (
    UPDATE account a SET {_sets(state)}
    FROM {account} AS v({state}, id) WHERE a.id = v.id),
new_charge AS (INSERT INTO charge ({rows.CHARGE}) SELECT * FROM {new}),
ended_charge AS (
    UPDATE charge c SET {_sets(end)}
    FROM {changed} AS v({end}, a, s) WHERE c.account_id = v.a AND c.seq = v.s),
new_entry AS (INSERT INTO ledger_entry ({rows.ENTRY}) SELECT * FROM {entries}),
new_key AS (INSERT INTO idempotency_key ({rows.KEY}) SELECT * FROM {keys}),
usage_sum AS (
    INSERT INTO usage AS u ({cell}) SELECT * FROM {usage}
    ON CONFLICT (account_id, grain, starts, workspace, sku) DO UPDATE
    SET "count" = u."count" + excluded."count", micros = u.micros + excluded.micros),
spend_row AS (
    INSERT INTO spend AS s (account_id, scope, at, micros) SELECT * FROM {spend}
    ON CONFLICT (account_id, scope, at) DO UPDATE SET micros = s.micros + excluded.micros),
spend_sum AS (
    INSERT INTO spend_hour AS s (account_id, scope, hour, micros) SELECT * FROM {hours}
    ON CONFLICT (account_id, scope, hour) DO UPDATE SET micros = s.micros + excluded.micros),
opened_window AS (
    INSERT INTO spend_window ({rows.WINDOW}) SELECT * FROM {opened}
    ON CONFLICT (account_id, scope) DO UPDATE SET period = excluded.period,
    micros = excluded.micros, tail = excluded.tail, head = excluded.head,
    alarm = excluded.alarm, limit_state = excluded.limit_state)
INSERT INTO batch (account_id, id, at) VALUES ({n.one()}, {n.one()}, {n.one()})
"""


def _sets(columns: str) -> str:
    return ", ".join(f"{name} = v.{name}" for name in columns.split(", "))


SAVE = _save()
