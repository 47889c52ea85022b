"""A history lived again under other rules rings exactly as it would have rung at the time."""

import random
from collections.abc import Iterable
from contextlib import suppress

import pytest

from prepaid.domain.accounts import Account, Directory, Workspace
from prepaid.domain.alarms import Alarm, Tier
from prepaid.domain.alerting import Config
from prepaid.domain.amounts import CENT
from prepaid.domain.instants import DAY, MINUTE
from prepaid.domain.notifications import PER_COMMAND_MAX, Notification
from prepaid.domain.refusals import Refusal
from prepaid.domain.rehearsal import Change, Rehearsal
from tests.model.facts import ModelNotification
from tests.model.story import ACCOUNT, START, Story, moment

RULES = Config(
    low_balance_enabled=True,
    low_balance_tiers=(Tier("warning", 300), Tier("critical", 150), Tier("depleted", 0)),
    global_high_usage_enabled=True,
    global_high_usage_period_minutes=90,
    global_high_usage_tiers=(Tier("critical", 120), Tier("warning", 60)),
    high_usage_enabled=True,
    high_usage_period_minutes=30,
    high_usage_tiers=(Tier("warning", 40),),
)


def directory(numbers: Iterable[int] = (1, 2), archived: int = 0) -> Directory:
    found = Directory(0, 0)
    found.config = RULES
    for number in numbers:
        found.by_number[number] = Workspace(number, f"w{number}", "", 1, number == archived, None)
    return found


def rehearsal(
    balance: int = 0, rows: dict[int, dict[int, int]] | None = None, archived: int = 0
) -> Rehearsal:
    account = Account(ACCOUNT, 0, False, None, 0, 0, START, balance, b"", None, Alarm(), False)
    return Rehearsal(account, directory(archived=archived), rows or {})


class Lived:
    """A random life of an account in the model, with every rule on from its first day."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.ada = Story(RULES, cents=500)
        self.ada.account.create_workspace("w2")
        self.at = 1.0
        self.times = {1: START}
        self.charges: list[int] = []
        for _ in range(40):
            self.at += self.dice.choice((0.01, 1, 5, 14, 31, 61, 90, 1_500))
            before = self.ada.account.seq
            with suppress(Refusal):
                self._step()
            for seq in range(before + 1, self.ada.account.seq + 1):
                self.times.setdefault(seq, moment(self.at))

    def _step(self) -> None:
        ada, dice, at = self.ada, self.dice, self.at
        cents, place = dice.choice((0, 5, 20, 45, 70)), dice.choice(("default", "w2", None))
        verb = dice.choice(("spend", "spend", "hold", "hold", "settle", "undo", "credit", "past"))
        if verb == "spend":
            self.charges.append(ada.spend(cents, at, place).seq)
        elif verb == "hold":
            self.charges.append(ada.reserve(cents, at, place, ttl=dice.choice((1, 60))).seq)
        elif verb == "past":
            back = dice.choice((0, 20, 89, 1_440, 29 * 1_440, 40 * 1_440))
            self.charges.append(ada.past(cents, at, at - back).seq)
        elif verb == "credit":
            ada.credit(dice.choice((100, 300, -20)), at)
        elif self.charges and verb == "settle":
            ada.settle(dice.choice(self.charges), at, cents)
        elif self.charges:
            charge = dice.choice(self.charges)
            try:
                ada.release(charge, at)
            except Refusal:
                ada.refund(charge, at)

    def changes(self) -> list[Change]:
        """The ledger's entries; an expiry is at the hold's own time."""
        ledger = self.ada.account.ledger
        found = []
        for entry in self.ada.account.entries:
            charge = None if entry.charge is None else ledger.find(entry.charge)
            at = self.times[entry.seq]
            if charge is not None and charge.expires_at is not None and entry.kind == "release":
                at = min(at, charge.expires_at)
            found.append(
                Change(
                    entry.seq,
                    at,
                    entry.amount,
                    entry.charge,
                    (charge.workspace or 0) if charge else 0,
                    charge.reserved_at if charge else 0,
                )
            )
        return found


@pytest.mark.parametrize("seed", range(150))
def test_a_life_lived_again_rings_as_the_model_rang(seed: int) -> None:
    lived = Lived(seed)
    sent = rehearsal().live(lived.changes())

    assert [facts(one) for one in sent] == [
        expected(one) for one in lived.ada.account.notifications
    ]


def facts(one: Notification) -> tuple[object, ...]:
    count = int(one.dedup_key.rpartition(":")[2])
    value = one.after
    place = one.number % PER_COMMAND_MAX
    return one.seq, place, one.kind, one.identifier, one.scope, count, one.fired_at, value


def expected(one: ModelNotification) -> tuple[object, ...]:
    value = one.balance if one.spend is None else one.spend
    return one.seq, one.place, one.kind, one.tier, one.scope, one.count, one.fired_at, value


def charge(
    seq: int, cents: int, at: int, workspace: int = 1, reserved: int | None = None
) -> Change:
    return Change(seq, at, -cents * CENT, seq, workspace, at if reserved is None else reserved)


def test_what_was_spent_before_counts_while_it_is_in_the_window() -> None:
    rows = {0: {START - 10 * MINUTE: 55 * CENT}, 1: {START - 10 * MINUTE: 55 * CENT}}
    sent = rehearsal(1_000 * CENT, rows).live([charge(1, 5, START + 79 * MINUTE)])
    assert [(one.scope, one.after) for one in sent] == [(0, 60 * CENT)]

    assert rehearsal(1_000 * CENT, rows).live([charge(1, 5, START + 80 * MINUTE)]) == []


def test_the_balance_starts_where_it_stood() -> None:
    (one,) = rehearsal(301 * CENT).live([charge(1, 1, START + 1, workspace=0)])

    assert (one.before, one.after) == (301 * CENT, 300 * CENT)


def test_an_import_of_more_than_30_days_before_meets_no_window() -> None:
    """Not even one whose spend stands at a tier already."""
    rows = {0: {START - 1: 60 * CENT}}
    past = charge(1, 5, START + 1, workspace=0, reserved=START - 31 * DAY)
    assert rehearsal(1_000 * CENT, rows).live([past]) == []

    late = Change(2, START + 1, -5 * CENT, 1, 0, START - 31 * DAY)
    assert len(rehearsal(1_000 * CENT, rows).live([late])) == 1


def test_a_workspace_that_is_archived_today_has_no_pass_of_its_own() -> None:
    made = rehearsal(1_000 * CENT, archived=2)
    sent = made.live([charge(1, 100, START + 1, workspace=2)])

    assert [one.scope for one in sent] == [0]


def test_nothing_lived_is_nothing_sent() -> None:
    assert rehearsal().live([]) == []
