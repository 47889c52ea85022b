"""Recounts one account from its ledger entries and asserts that everything kept agrees."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Table, select

from prepaid.domain.charges import Charge
from prepaid.domain.entries import CHAIN_START, USAGE_KINDS, Entry, link
from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import HOUR, day_of, month_of_day
from prepaid.domain.windows import GLOBAL, ROWS_KEPT
from prepaid.store import tables as t
from prepaid.store.batching import rows
from prepaid.store.vault import Vault


class Account(Struct, frozen=True):
    """What is kept of one account, all of it found to agree with its entries."""

    balance: int
    seq: Seq
    entries: list[Entry]  # in order
    charges: dict[Seq, Charge]
    keys: dict[tuple[str, str], Seq]

    @property
    def used(self) -> int:
        """Micro-credits that usage has taken from the balance."""
        return -sum(entry.amount for entry in self.entries if entry.kind in USAGE_KINDS)

    @property
    def lines(self) -> list[tuple[str, int]]:
        """Kind and amount of each entry."""
        return [(entry.kind, entry.amount) for entry in self.entries]

    def with_status(self, status: str) -> list[Charge]:
        """Charges in one state."""
        return [charge for charge in self.charges.values() if charge.status == status]


async def recount(vault: Vault, account: AccountId) -> Account:
    """Read an account on one snapshot, and recount it."""
    return await vault.read(lambda connection: recounted(connection, account))


def recounted(connection: Connection, account: AccountId) -> Account:
    """Every check of one account, beginning with its chain of entries."""
    kept = connection.execute(select(t.account).where(t.account.c.id == account)).one()
    entries = [Entry(*tuple(row)) for row in _rows(connection, t.ledger_entry, account)]
    charges = {row.seq: rows.charge(tuple(row)) for row in _rows(connection, t.charge, account)}
    keys = {(k.route, k.key): k.seq for k in _rows(connection, t.idempotency_key, account)}

    check_entries(entries)
    assert kept.balance == sum(entry.amount for entry in entries)
    assert kept.chain == (entries[-1].hash if entries else CHAIN_START)
    assert kept.seq >= max([*charges, *(entry.seq for entry in entries)], default=0)
    assert all(seq <= kept.seq for seq in keys.values())
    check_charges(entries, charges)
    _check_rollups(connection, account, charges)
    _check_spend(connection, account, entries, charges)
    found = Account(kept.balance, kept.seq, entries, charges, keys)
    assert found.used == sum(charge.amount for charge in charges.values())
    return found


def _rows(connection: Connection, table: Table, account: AccountId) -> Sequence[Row[Any]]:
    key = list(table.primary_key.columns)
    query = select(table).where(key[0] == account).order_by(*key)
    return connection.execute(query).all()


def check_entries(entries: Sequence[Entry]) -> None:
    """Sequence, time, balance and chain go on from entry to entry."""
    balance, chain = 0, CHAIN_START
    for entry in entries:
        balance += entry.amount
        assert entry.balance == balance, entry
        assert entry.hash == link(chain, entry), entry
        chain = entry.hash
    for before, after in pairwise(entries):
        assert before.seq < after.seq, (before, after)
        assert before.at <= after.at, (before, after)


def check_charges(entries: Sequence[Entry], charges: dict[Seq, Charge]) -> None:
    """The entries of a charge are what the account pays for it, and none has no charge."""
    paid: Counter[Seq] = Counter()
    for entry in entries:
        if entry.kind in USAGE_KINDS:
            assert entry.charge is not None, entry
            paid[entry.charge] -= entry.amount
    assert set(paid) <= set(charges)
    for seq, charge in charges.items():
        assert charge.amount == paid[seq], charge
        assert charge.amount == 0 or charge.status in ("held", "settled"), charge


def _check_rollups(connection: Connection, account: AccountId, charges: dict[Seq, Charge]) -> None:
    counts: Counter[tuple[str, int, int, str]] = Counter()
    micros: Counter[tuple[str, int, int, str]] = Counter()
    for charge in charges.values():
        day = day_of(charge.reserved_at)
        month, place, sku = month_of_day(day), charge.workspace, charge.sku
        for cell in (("d", day, place, sku), ("m", month, place, sku), ("w", day, place, "")):
            counts[cell] += charge.status in ("held", "settled")
            micros[cell] += charge.amount
    u = t.usage.c
    query = select(u.grain, u.starts, u.workspace, u.sku, u["count"], u.micros)
    found = connection.execute(query.where(u.account_id == account)).all()
    assert {tuple(row[:4]): row[4] for row in found} == counts
    assert {tuple(row[:4]): row[5] for row in found} == micros


def _check_spend(
    connection: Connection,
    account: AccountId,
    entries: Sequence[Entry],
    charges: dict[Seq, Charge],
) -> None:
    """The rows of the whole account's window, and their hourly sums, hold each change once."""
    spent: Counter[int] = Counter()
    for entry in entries:
        if entry.kind in USAGE_KINDS and entry.charge is not None:
            at = charges[entry.charge].reserved_at
            if at > entry.at - ROWS_KEPT:
                spent[at] -= entry.amount
    s, h = t.spend.c, t.spend_hour.c
    mine = (s.account_id == account) & (s.scope == GLOBAL)
    found = dict(connection.execute(select(s.at, s.micros).where(mine)).all())
    assert found == spent
    mine = (h.account_id == account) & (h.scope == GLOBAL)
    hours: Counter[int] = Counter()
    for at, amount in spent.items():
        hours[at // HOUR] += amount
    assert dict(connection.execute(select(h.hour, h.micros).where(mine)).all()) == hours
