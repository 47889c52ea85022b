"""What an account's statements are, out of its usage, its prices and what was billed before.

Works inside a transaction it is handed. To close a month, that one must hold the account's lock.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, tzinfo
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from prepaid.domain.ids import ACCOUNT_WIDE, WorkspaceNumber
from prepaid.domain.instants import Instant, day_of
from prepaid.domain.statements import statement as rules
from prepaid.domain.statements.months import Calendar, Month, Period
from prepaid.domain.statements.prices import PriceBook
from prepaid.domain.statements.settings import UTC_NAME
from prepaid.domain.statements.statement import (
    Billed,
    Client,
    Line,
    Place,
    Seller,
    Statement,
    Used,
)
from prepaid.store import workspaces
from prepaid.store.accounts import AccountRow
from prepaid.store.statements import changes as statement_changes
from prepaid.store.statements import client_prices
from prepaid.store.statements import settings as statement_settings
from prepaid.store.statements import statement as statements
from prepaid.store.statements import usage as statement_usage
from prepaid.store.statements.changes import Mark
from prepaid.store.vault import Connection
from prepaid.store.workspaces import WorkspaceRow

AMONG_MAX = 1_000  # workspaces that are asked for one by one; beyond it all are read

Reason = Literal["month_open", "holds_open", "earlier_month_open"]


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """A time zone by its IANA name.

    Raises:
        ValueError: there is none of this name.
    """
    if name == UTC_NAME:
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError("is no time zone, such as Europe/Paris") from error


class Owed(NamedTuple):
    """What is to be billed in a month, as it was at a mark."""

    mark: Mark
    period: Period
    time_zone: str
    differences: dict[Place, Used]
    billed: dict[Place, Billed]


class Making:
    """The statements of one account, as they stand in this transaction."""

    def __init__(self, connection: Connection, row: AccountRow, now: Instant) -> None:
        self._connection = connection
        self._row = row
        self.account = row.id
        self.now = now  # of the account
        self.mark = Mark(row.seq, now)
        self._beside: dict[Month, dict[Place, Used]] = {}  # see `_used`; read once
        self.settings = statement_settings.get(connection, row.id)
        self.closed = statements.closed(connection, row.id)
        self.calendar = Calendar(self.closed, zone_of(self.settings.time_zone))
        first = statements.first_import(connection, row.id)
        beginning = row.created_at if first is None else min(first, row.created_at)
        self.earliest = self.calendar.month_of(beginning)
        self.open_month = self.closed[-1].month + 1 if self.closed else self.earliest

    @property
    def has_due_holds(self) -> bool:
        """Whether holds have ended that are not given back yet."""
        return self._row.holds_due is not None and self._row.holds_due <= self.now

    def can_close(self, until: Month | None) -> bool:
        """Whether the first open month can be closed, and is none after `until`."""
        month = self.open_month
        return (until is None or month <= until) and self.why_open(month) is None

    def why_open(self, month: Month) -> Reason | None:
        """Why the statements of a month that is not closed are drafts; None: they need not be."""
        period = self.calendar.period(month)
        if self.now < period.ends:
            return "month_open"
        if statements.has_holds(self._connection, self._row.id, period.ends):
            return "holds_open"
        return None if month == self.open_month else "earlier_month_open"

    def owed(self, month: Month, among: Collection[WorkspaceNumber] | None = None) -> Owed:
        """What is to be billed in an open month, to everybody or to some workspaces.

        Whatever changed in a month that is final is billed on the first that is not. Only months
        that have changed since the last closing are compared with what was billed of them.
        """
        months = {month} | (self._changed if month == self.open_month else set())
        if among is not None and len(among) > AMONG_MAX:
            among = None
        used = {place: count for one in months for place, count in self._used(one, among).items()}
        billed = statements.billed(self._connection, self._row.id, months, among)
        return Owed(
            mark=self.mark,
            period=self.calendar.period(month),
            time_zone=self.settings.time_zone,
            differences=rules.differences(used, billed),
            billed=billed,
        )

    def still_owed(self, owed: Owed) -> Owed:
        """The same by now; read again if something of it has changed since."""
        month = owed.period.month
        same = (self.calendar.period(month), self.settings.time_zone)
        if same == (owed.period, owed.time_zone) and not self._changes(owed.mark, owed.period.ends):
            return owed
        return self.owed(month)

    def clients(self, month: Month, owed: Owed | None = None) -> list[Client]:
        """Who has a statement of an open month; the account-wide bucket last.

        Whoever was there has one; of the others those who are owed something, which is read
        where it is not handed in.
        """
        period = self.calendar.period(month)
        rows = workspaces.every(self._connection, self._row.id)
        if owed is None:
            absent = {row.number for row in rows if not _was_there(row, period)}
            owed = self.owed(month, absent | {ACCOUNT_WIDE})
        numbers = {place.workspace for place in owed.differences}
        names = self._legal_names(period)
        found = [
            Client(row.number, row.name, names[row.number])
            for row in rows
            if row.number in numbers or _was_there(row, period)
        ]
        if ACCOUNT_WIDE in numbers:
            found.append(Client(ACCOUNT_WIDE, None, names[ACCOUNT_WIDE]))
        return found

    def drafts(self, owed: Owed, clients: Sequence[Client]) -> list[Statement]:
        """What these clients' statements of an open month come to."""
        period, currency = owed.period, self._row.currency
        wanted = {client.workspace for client in clients}
        mine = {
            place: used for place, used in owed.differences.items() if place.workspace in wanted
        }
        prices = client_prices.every(self._connection, self._row.id)
        book = PriceBook(prices, self._row.credit_price, currency)
        found = rules.lines(mine, owed.billed, book, currency)
        return [self._statement(period, client, found) for client in clients]

    @cached_property
    def _changed(self) -> set[Month]:
        """Months before the open one in which something changed since the last was closed."""
        mark = statements.last_mark(self._connection, self._row.id)
        if mark is None:
            return set()
        found: set[Month] = set()
        ends: Instant | None = None
        for at in self._changes(mark, self.closed[-1].ends):
            if ends is None or at >= ends:
                month = self.calendar.month_of(at)
                found.add(month)
                ends = self.calendar.period(month).ends
        first = self.closed[0].month
        if min(found, default=first) < first:
            # Another time zone moves charges between months that were never closed, so that only
            # all of them together are what was billed of them together.
            found.update(range(self.earliest, first))
        return found

    def _changes(self, mark: Mark, before: Instant) -> list[Instant]:
        found = statement_changes.since(self._connection, self._row.id, mark, before)
        return sorted(set(found))

    def _used(self, month: Month, among: Collection[WorkspaceNumber] | None) -> dict[Place, Used]:
        here = (self._connection, self._row.id, self.calendar.period(month), day_of(self.now))
        if among is None:
            return statement_usage.of_month(*here)
        if month not in self._beside:
            self._beside[month] = statement_usage.beside_whole_days(*here)
        found = statement_usage.of_whole_days(*here, among)
        for place, used in self._beside[month].items():
            if place.workspace in among:
                whole = found.get(place, Used(0, 0))
                found[place] = Used(whole.count + used.count, whole.micros + used.micros)
        return found

    def _legal_names(self, period: Period) -> dict[WorkspaceNumber, str]:
        names = statements.legal_names(self._connection, self._row.id, period.ends)
        return names | {ACCOUNT_WIDE: self._row.name}

    def _statement(
        self, period: Period, client: Client, found: dict[WorkspaceNumber, tuple[Line, ...]]
    ) -> Statement:
        settings, lines = self.settings, found.get(client.workspace, ())
        subtotal = rules.subtotal(lines)
        return Statement(
            account=self._row.id,
            month=period.month,
            client=client,
            seller=Seller(
                settings.legal_name or self._row.name,
                settings.address,
                settings.tax_id,
                settings.logo,
            ),
            currency=self._row.currency,
            time_zone=settings.time_zone,
            starts=period.starts,
            ends=period.ends,
            lines=lines,
            subtotal=subtotal,
            tax=rules.tax(settings, subtotal),
            payment_terms=settings.payment_terms,
        )


def _was_there(row: WorkspaceRow, period: Period) -> bool:
    """Whether the workspace was active in the month, for a while at least."""
    return row.created_at < period.ends and (
        row.archived_at is None or row.archived_at > period.starts
    )
