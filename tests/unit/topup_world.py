"""An account that tops itself up, and a provider that does whatever a provider may do.

It loses answers, forgets keys after 24 hours, shows payments in its list up to an hour late, and
lets a payer authenticate a payment that was refused at first, until that is canceled.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from prepaid.domain.amounts import CREDIT
from prepaid.domain.instants import DAY, HOUR, Instant, Span
from prepaid.domain.topups import caps as topup_caps
from prepaid.domain.topups import topup as topups
from prepaid.domain.topups.answers import Answer, Declined, Found, Paid, Pending, Unreachable
from prepaid.domain.topups.caps import AutoTopup, PaymentMethod, Tally
from prepaid.domain.topups.topup import Attempt, Turn

START: Instant = 1_776_162_225_000_000
AMOUNT = CREDIT
LOST = Unreachable("timeout", lost=True)
REFUSED = Unreachable("http_429", lost=False)


class Provider:
    """Payments with every state they were in, and answers by key for 24 hours."""

    def __init__(self) -> None:
        self.charged: list[str] = []  # keys, once for each time that money was taken
        self.states: dict[str, list[tuple[Instant, str]]] = {}
        self.stored: dict[str, tuple[Instant, Answer]] = {}

    def ask(self, key: str, wish: str, now: Instant) -> Answer:
        first, answer = self.stored.get(key, (now, None))
        if answer is None or now >= first + DAY:
            self._set(key, wish, now)
            # The answer to an ask may not name the payment that was refused.
            answer = Declined("card_declined") if wish == "declined" else self._answer(key, wish)
            self.stored[key] = (now, answer)
        return answer

    def decide(self, key: str, *, paid: bool, now: Instant) -> None:
        """A pending payment ends; a refused one is authenticated after all."""
        state = self.states[key][-1][1]
        if state == "pending" or (state == "declined" and paid):
            self._set(key, "paid" if paid else "declined", now)

    def cancel(self, key: str, now: Instant) -> Answer:
        if self.states[key][-1][1] == "declined":
            self._set(key, "canceled", now)
        return self.now(key)

    def now(self, key: str) -> Answer:
        """What the provider's own event would say."""
        return self._answer(key, self.states[key][-1][1])

    def find(self, attempt: Attempt, now: Instant, lag: Span) -> Found:
        """What the list shows; a payment asked for by its own id shows at once."""
        lag = 0 if attempt.payment else lag
        shown = [state for at, state in self.states.get(attempt.key, []) if at + lag <= now]
        return self._answer(attempt.key, shown[-1]) if shown else None

    def _set(self, key: str, state: str, now: Instant) -> None:
        self.states.setdefault(key, []).append((now, state))
        if state == "paid":
            self.charged.append(key)

    @staticmethod
    def _answer(key: str, state: str) -> Paid | Declined | Pending:
        if state == "paid":
            return Paid(f"pi_{key}")
        if state == "pending":
            return Pending(f"pi_{key}")
        return Declined("card_declined", f"pi_{key}")


class World:
    """An account as the flows would keep it: one row, and its attempts."""

    def __init__(self) -> None:
        self.now = START
        self.balance = 0
        self.auto = AutoTopup(enabled=True, threshold=AMOUNT // 2, amount=AMOUNT, per_day_max=3)
        self.method = PaymentMethod(customer="cus_1", reference="pm_1", updated_at=START)
        self.tally = Tally()
        self.attempts: list[Attempt] = []
        self.provider = Provider()
        self.credited: list[str] = []  # keys
        self.failed: list[str] = []
        self.asked_first: dict[str, Instant] = {}
        self.check()

    @property
    def running(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.is_running]

    def check(self) -> None:
        """The level-triggered check, as it follows every change."""
        reason = topup_caps.verdict(
            self.auto,
            self.balance,
            is_running=bool(self.running),
            method=self.method,
            tally=self.tally,
            now=self.now,
        )
        if reason == "open":
            self.tally = self.tally.opened(AMOUNT, self.now)
            self.attempts.append(self._opened(len(self.attempts) + 1))

    def _opened(self, number: int) -> Attempt:
        return topups.opened(
            Attempt(
                account=1,
                number=number,
                key=f"{number:032x}",
                kind="auto",
                amount=AMOUNT,
                price=1,
                currency="eur",
                customer="cus_1",
                method="pm_1",
                opened_at=self.now,
                created_at=self.now,
            )
        )

    def keep(self, turn: Turn) -> None:
        """The transaction after an answer."""
        attempt = turn.attempt
        self.attempts[attempt.number - 1] = attempt
        if turn.effect == "credited":
            self.credited.append(attempt.key)
            self.balance += attempt.amount
        if turn.effect == "failed":
            if attempt.error == topups.GAVE_UP:
                assert attempt.key not in self.provider.charged, "gave up although it was paid"
            self.failed.append(attempt.key)
            self.auto = topup_caps.failed(self.auto, self.now)
        self.check()

    def due(self, step: topups.Step) -> Attempt | None:
        return next((a for a in self.attempts if topups.step(a, self.now) == step), None)

    def begin(self) -> Attempt | None:
        """The transaction before an ask."""
        attempt = self.due("ask")
        if attempt is None:
            return None
        attempt = topups.asked(attempt, self.now)
        self.attempts[attempt.number - 1] = attempt
        first = self.asked_first.setdefault(attempt.key, self.now)
        assert self.now < first + 23 * HOUR, "asked after 23 hours"
        return attempt

    def switch(self, *, enabled: bool) -> None:
        """Off, or on again with a new card."""
        self.now += 1  # an account's time strictly increases
        if enabled:
            self.method = replace(self.method, updated_at=self.now)
            patch = topup_caps.AutoTopupPatch(enabled=True)
            self.auto = topup_caps.changed(self.auto, patch, self.method, 100)
        else:
            self.auto = replace(self.auto, enabled=False)
            self.attempts = [topups.switched_off(a, self.now) for a in self.attempts]
        self.check()

    def drain(self, steps_max: int = 300) -> None:
        """Everything works again: take every step that is due until there is none."""
        self.switch(enabled=False)
        for key in self.provider.states:
            self.provider.decide(key, paid=False, now=self.now)
        for _ in range(steps_max):
            due = [attempt.next_at for attempt in self.attempts if attempt.next_at is not None]
            if not due:
                return
            self.now = max(self.now, min(due))
            for turn in self._steps():
                self.keep(turn)
        raise AssertionError("attempts do not end")

    def _steps(self) -> Iterator[Turn]:
        if (attempt := self.due("cancel")) is not None:
            answer = self.provider.cancel(attempt.key, self.now)
            yield topups.payment_canceled(attempt, answer, self.now)
        if (attempt := self.due("look_up")) is not None:
            yield topups.looked_up(attempt, self.provider.find(attempt, self.now, 0), self.now)
        if (attempt := self.begin()) is not None:
            answer = self.provider.ask(attempt.key, "paid", self.now)
            yield topups.answered(attempt, answer, self.now)
