"""Refunds and disputes in every order, twice and with crashes in between, beside a plain model."""

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import pytest

from prepaid.domain.amounts import CENT
from prepaid.domain.ids import AccountId
from prepaid.flows import accounts
from prepaid.flows.doctor import topups as doctor_topups
from prepaid.flows.doctor.streams import Difference
from prepaid.flows.topups import payment_events, payment_methods
from prepaid.flows.topups import topup as topups
from prepaid.flows.topups.payments import (
    Disputed,
    DisputeWon,
    ProviderEvent,
    Refunded,
    RefundFailed,
)
from prepaid.sandbox.payments import TIMEOUT_THEN_PAID, VISA
from prepaid.store.recount import facts as held
from prepaid.store.vault import Connection
from tests.store.recount import recount
from tests.topups.kiosk import Kiosk

GRANTED = 1_000
CREDIT_PRICES = (1, 7, 33, 100, 333)
RETURNS_MAX = 6
CRASHES = 0.15


class Crashed(Exception):
    """The process was gone, before or after what it was about to do."""


class Fact(NamedTuple):
    """A refund or dispute as its owner would write it down."""

    payment: str
    price: int
    currency: str


class Model:
    """What is left of the balance, from nothing but lists of what was ever reported."""

    def __init__(self, kiosk: Kiosk) -> None:
        self.bought = {one.id: one.price for one in kiosk.paid}
        self.returned: dict[str, Fact] = {}
        self.ended: set[str] = set()

    def hear(self, event: ProviderEvent) -> None:
        assert isinstance(event, Refunded | Disputed | RefundFailed | DisputeWon)
        name = event.refund if isinstance(event, Refunded | RefundFailed) else event.dispute
        if isinstance(event, Refunded | Disputed):
            self.returned[name] = Fact(event.payment, event.price, event.currency)
        else:
            self.ended.add(name)

    def taken(self, payment: str, amount: int) -> int:
        """In micro-credits, of a top-up of `amount`."""
        stands = [
            fact
            for name, fact in self.returned.items()
            if fact.payment == payment and name not in self.ended
        ]
        if any(fact.currency != "eur" for fact in stands):
            return amount
        back = sum(fact.price for fact in stands)
        return amount if back >= self.bought[payment] else amount * back // self.bought[payment]


class Life:
    """One account with two top-ups, of which the second may not know its payment yet."""

    def __init__(self, kiosk: Kiosk, seed: int) -> None:
        self.kiosk = kiosk
        self.dice = random.Random(seed)
        self.granted = GRANTED * CENT

    async def begin(self) -> None:
        await self.kiosk.customer(GRANTED, threshold=0, amount=1_000)
        await self.kiosk.configure(enabled=False)
        terms: dict[str, object] = {"credit_price": self.dice.choice(CREDIT_PRICES)}
        await accounts.change(self.kiosk.desk, self.kiosk.account, terms)
        for method in (VISA, self.dice.choice((VISA, TIMEOUT_THEN_PAID))):
            await payment_methods.put(self.kiosk.desk, self.kiosk.account, method)
            cents = self.dice.randint(100, 1_500)
            await topups.buy(self.kiosk.desk, self.kiosk.account, cents, None)
            await self.kiosk.run()
        self.model = Model(self.kiosk)
        self._break_vault()

    def _break_vault(self) -> None:
        """Every write may crash before it is done, and after."""
        vault = self.kiosk.desk.vault
        for name in ("submit", "write"):
            setattr(vault, name, partial(self._faulty, getattr(vault, name)))

    async def _faulty(self, act: Callable[..., Awaitable[object]], *words: object) -> object:
        self._crash()
        done = await act(*words)
        self._crash()
        return done

    def _crash(self) -> None:
        if self.dice.random() < CRASHES:
            raise Crashed

    def events(self) -> list[ProviderEvent]:
        """Each event once to three times, in any order; some beginnings are never reported."""
        told: list[ProviderEvent] = []
        for number in range(self.dice.randint(1, RETURNS_MAX)):
            told += self._return(number)
        told = [event for event in told for _ in range(self.dice.randint(1, 3))]
        self.dice.shuffle(told)
        return told

    def _return(self, number: int) -> list[ProviderEvent]:
        payment = self.dice.choice(self.kiosk.paid)
        price = self.dice.randint(1, max(1, payment.price // self.dice.choice((1, 2, 5))))
        currency = "usd" if self.dice.random() < 0.05 else "eur"
        begin: Refunded | Disputed
        end: RefundFailed | DisputeWon
        if self.dice.random() < 0.7:
            begin = Refunded(f"evt_{number}", f"re_{number}", payment.id, price, currency)
            end = self.kiosk.provider.refund_failed(begin)
        else:
            begin = Disputed(f"evt_{number}", f"dp_{number}", payment.id, price, currency, "?")
            end = self.kiosk.provider.dispute_won(begin)
        told: tuple[list[ProviderEvent], ...] = ([begin], [begin, end], [begin, end], [end])
        return self.dice.choice(told)

    async def until_done(self, act: Callable[[], Awaitable[object]]) -> None:
        """Stripe tells it again, and the next worker takes it up, until it is done."""
        while True:
            with suppress(Crashed):
                await act()
                return

    async def report(self, event: ProviderEvent) -> None:
        await self.until_done(partial(self.kiosk.report, event))
        if isinstance(event, Refunded | Disputed | RefundFailed | DisputeWon):
            self.model.hear(event)

    async def settle(self) -> None:
        await self.until_done(partial(payment_events.take_strays, self.kiosk.desk))

    async def check(self) -> None:
        """The balance is what the model says, for every payment that is known here."""
        known = [one for one in await self.kiosk.attempts() if one.payment is not None]
        balance = self.granted
        for one in known:
            assert one.payment is not None
            balance += one.amount - self.model.taken(one.payment, one.amount)
        assert await self.kiosk.shop.balance(self.kiosk.account) == balance


def drift(account: AccountId, connection: Connection) -> list[Difference]:
    """What the doctor finds."""
    row = held.held(connection, account)
    assert row is not None
    return list(doctor_topups.topups(connection, row, None))


async def live(kiosk: Kiosk, seed: int) -> None:
    life = Life(kiosk, seed)
    await life.begin()
    told = life.events()
    outcome = kiosk.provider.outcome(kiosk.paid[-1])
    told.insert(life.dice.randint(0, len(told)), outcome)
    for event in told:
        await life.report(event)
        if event is outcome or life.dice.random() < 0.5:
            await life.settle()
            await life.check()
    await life.settle()
    await life.check()

    kept = await recount(kiosk.desk.vault, kiosk.account)
    notes = [entry.note for entry in kept.entries if entry.kind == "correction"]
    assert len(notes) == len(set(notes)), "once per reference and end"
    assert await kiosk.desk.vault.read(partial(drift, kiosk.account)) == []


@pytest.mark.parametrize("seed", range(60))
async def test_in_every_order_the_balance_is_what_stands(lite: Kiosk, seed: int) -> None:
    await live(lite, seed)


@pytest.mark.parametrize("seed", range(100, 106))
async def test_on_both_databases(kiosk: Kiosk, seed: int) -> None:
    await live(kiosk, seed)
