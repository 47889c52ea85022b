"""The customer's routes for balance and ledger."""

from typing import Literal

from prepaid.domain import ids
from prepaid.domain.alarms import Tier
from prepaid.domain.amounts import cents
from prepaid.domain.entries import Entry
from prepaid.domain.instants import iso_micros
from prepaid.domain.refusals import invalid
from prepaid.flows import reports
from prepaid.store.ledger import NO_SEQ_YET
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Body, Limit, Number, Page, Shape


class AutoTopupShape(Shape, frozen=True, kw_only=True):
    """Auto top-up as it is set."""

    enabled: bool
    threshold_in_credit_cents: Number
    amount_in_credit_cents: Number


class BalanceShape(Shape, frozen=True, kw_only=True):
    """The balance and how it stands."""

    balance_in_credit_cents: Number
    status: Literal["ok", "low", "depleted"]
    auto_topup: AutoTopupShape
    low_balance_thresholds: tuple[Tier, ...]


class LedgerQuery(Body, frozen=True, kw_only=True):
    """Which page."""

    limit: Limit = 50
    cursor: str | None = None


class EntryShape(Shape, frozen=True, kw_only=True):
    """A line that changed the balance."""

    id: str
    kind: str
    cents: Number
    balance_cents: Number
    charge_id: str | None
    note: str | None
    created_at: str


class LedgerPage(Page, frozen=True, kw_only=True):
    """Entries, newest first."""

    data: list[EntryShape]


async def balance(call: Call) -> Answer:
    """The present balance."""
    found = await reports.balance(call.desk, call.account)
    row, config, auto = found
    shape = BalanceShape(
        balance_in_credit_cents=cents(row.balance),
        status=found.status,
        auto_topup=AutoTopupShape(
            enabled=auto.enabled,
            threshold_in_credit_cents=cents(auto.threshold),
            amount_in_credit_cents=cents(auto.amount),
        ),
        low_balance_thresholds=config.low_balance_tiers,
    )
    return Answer(shape)


async def ledger(call: Call) -> Answer:
    """The account's own ledger."""
    wanted: LedgerQuery = call.query
    before = NO_SEQ_YET
    if wanted.cursor is not None:
        place = ids.parse_owned("ent", wanted.cursor)
        if place is None or place.account != call.account:
            raise invalid("cursor", "is not a cursor of this list")
        before = place.number
    rows = await reports.entries(call.desk, call.account, before, wanted.limit + 1)
    shown = [_shape(row) for row in rows[: wanted.limit]]
    more = shown[-1].id if len(rows) > wanted.limit else None
    return Answer(LedgerPage(data=shown, next_cursor=more))


def _shape(entry: Entry) -> EntryShape:
    return EntryShape(
        id=ids.owned("ent", entry.account, entry.seq),
        kind=entry.kind,
        cents=cents(entry.amount),
        balance_cents=cents(entry.balance),
        charge_id=None if entry.charge is None else ids.charge(entry.account, entry.charge),
        note=entry.note,
        created_at=iso_micros(entry.at),
    )


ROUTES = [
    Route(
        "GET",
        "/v2/billing/balance",
        balance,
        "Get the current account credit balance",
        who="account",
        answer=BalanceShape,
    ),
    Route(
        "GET",
        "/v2/billing/ledger",
        ledger,
        "The account's own ledger",
        who="account",
        query=LedgerQuery,
        answer=LedgerPage,
    ),
]
