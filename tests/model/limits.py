"""Spend limits of workspaces: what is refused, when there is room again, and which refusal rings.

Sums everything afresh each time. Knows nothing of commands.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prepaid.domain.amounts import CENT, Micros, cents
from prepaid.domain.ids import WorkspaceNumber
from prepaid.domain.instants import HOUR, MINUTE, Instant, Span
from prepaid.domain.refusals import Detail, Refusal
from tests.model.facts import ModelCharge
from tests.model.ledger import Ledger

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Limit:
    """A limit in force. `minutes` None: the calendar month."""

    cents: int
    minutes: int | None
    rang_at: Instant | None = None
    lowest: Micros = 0  # the smallest spend that a command has met since it rang

    def begins(self, now: Instant) -> Instant:
        """The first moment whose charges count now."""
        if self.minutes is not None:
            return now - self.minutes * MINUTE + 1
        moment = EPOCH + timedelta(microseconds=now)
        return _micros(datetime(moment.year, moment.month, 1, tzinfo=UTC))

    def cool_down(self) -> Span:
        return HOUR if self.minutes is None else min(HOUR, self.minutes * MINUTE)


@dataclass(frozen=True)
class Refused:
    """A charge that was refused, as it is told."""

    limit: Limit
    spent: Micros
    amount: Micros
    frees_at: Instant | None
    rings: bool

    def refusal(self) -> Refusal:
        details = (
            Detail("limitCents", str(self.limit.cents)),
            Detail("spentCents", str(cents(self.spent))),
            Detail("freesAt", shown(self.frees_at)),
        )
        return Refusal("workspace_limit_reached", "", details)


class Limits:
    """The limits in force, by workspace."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.of: dict[WorkspaceNumber, Limit] = {}
        self.rung: dict[WorkspaceNumber, int] = {}  # how often, ever

    def put(self, number: WorkspaceNumber, limit: tuple[int, int | None] | None) -> None:
        """Put a limit in force, or with None take it away; the same one again is no change."""
        before = self.of.get(number)
        if before is not None and limit == (before.cents, before.minutes):
            return
        self.of.pop(number, None)
        if limit is not None:
            self.of[number] = Limit(*limit)

    def meet(self, now: Instant) -> None:
        """Note what is spent when a command comes that changes something."""
        for number, limit in self.of.items():
            limit.lowest = min(limit.lowest, self.spent(number, limit, now))

    def spent(self, number: WorkspaceNumber, limit: Limit, now: Instant) -> Micros:
        return sum(charge.amount for charge in self._counted(number, limit, now))

    def refused(
        self, number: WorkspaceNumber | None, amount: Micros, now: Instant
    ) -> Refused | None:
        """Whether a charge would pass the limit; nothing has happened yet."""
        limit = None if number is None else self.of.get(number)
        if number is None or limit is None or amount == 0:
            return None
        spent = self.spent(number, limit, now)
        if spent + amount <= limit.cents * CENT:
            return None
        frees_at = self._frees_at(number, limit, amount, now)
        return Refused(limit, spent, amount, frees_at, self._rings(limit, amount, now))

    def ring(self, number: WorkspaceNumber, told: Refused, now: Instant) -> int:
        """The refusal rings; for the how-manieth time it does."""
        told.limit.rang_at, told.limit.lowest = now, told.spent
        self.rung[number] = self.rung.get(number, 0) + 1
        return self.rung[number]

    def _rings(self, limit: Limit, amount: Micros, now: Instant) -> bool:
        if limit.rang_at is None:
            return True
        if limit.minutes is None and limit.rang_at < limit.begins(now):
            return True
        had_room = limit.lowest + amount <= limit.cents * CENT
        return had_room and now - limit.rang_at >= limit.cool_down()

    def _frees_at(
        self, number: WorkspaceNumber, limit: Limit, amount: Micros, now: Instant
    ) -> Instant | None:
        # Each moment at which a charge leaves is tried, the earliest first.
        if amount > limit.cents * CENT:
            return None
        charges = self._counted(number, limit, now)
        for at in sorted(_leaves(limit, charge.reserved_at) for charge in charges):
            left = sum(c.amount for c in charges if _leaves(limit, c.reserved_at) > at)
            if left + amount <= limit.cents * CENT:
                return at
        raise AssertionError

    def _counted(self, number: WorkspaceNumber, limit: Limit, now: Instant) -> list[ModelCharge]:
        begins = limit.begins(now)
        return [
            charge
            for charge in self.ledger.charges
            if charge.workspace == number and begins <= charge.reserved_at <= now
        ]


def shown(frees_at: Instant | None) -> str:
    """As it is told: the first whole millisecond of it."""
    if frees_at is None:
        return "never"
    moment = EPOCH + timedelta(milliseconds=(frees_at + 999) // 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _leaves(limit: Limit, at: Instant) -> Instant:
    if limit.minutes is not None:
        return at + limit.minutes * MINUTE
    moment = EPOCH + timedelta(microseconds=at)
    following = (moment.replace(day=1) + timedelta(days=31)).replace(day=1)
    return _micros(datetime(following.year, following.month, 1, tzinfo=UTC))


def _micros(moment: datetime) -> Instant:
    return (moment - EPOCH) // timedelta(microseconds=1)
