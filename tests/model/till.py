"""What each command does to the account's money, and when time passes.

Knows nothing of keys, of configuration, nor of how a workspace comes to be.
"""

from collections.abc import Mapping

from prepaid.domain.amounts import AMOUNT_MAX, Micros
from prepaid.domain.commands import Command, Credit, Refund, Release, Reserve, Settle
from prepaid.domain.ids import Seq, WorkspaceNumber
from prepaid.domain.instants import DAY, Instant, Span
from prepaid.domain.refusals import Refusal, invalid
from tests.model.alerts import Alerts
from tests.model.facts import LIMIT, ModelAnswer, ModelCharge, ModelNotification
from tests.model.ledger import Ledger
from tests.model.limits import Limits, shown

SETTLE_AFTER_EXPIRY: Span = 35 * DAY
IMPORT_REACH: Span = 400 * DAY
WINDOW_REACH: Span = 30 * DAY  # the longest period: an import before that meets no window


class Till:
    """Where commands are carried out, each with the next sequence number of the account."""

    def __init__(self, floor: Micros | None, prices: Mapping[str, Micros]) -> None:
        self.floor = floor
        self.prices = dict(prices)  # SKU to micro-credits; may be changed at any time
        self.seq: Seq = 0  # the last one given out
        self.ledger = Ledger()
        self.alerts = Alerts(self.ledger)
        self.limits = Limits(self.ledger)
        self.names: dict[str, WorkspaceNumber] = {}  # of active workspaces

    @property
    def balance(self) -> Micros:
        return self.ledger.balance

    def carry_out(self, command: Command, now: Instant) -> ModelAnswer:
        """Do what was asked.

        Raises:
            Refusal: the answer is no, and nothing has happened.
        """
        if isinstance(command, Reserve):
            return self._reserve(command, now)
        if isinstance(command, Settle):
            return self._settle(command, now)
        if isinstance(command, Release):
            return self._release(command, now)
        if isinstance(command, Refund):
            return self._refund(command, now)
        assert isinstance(command, Credit)
        return self._credit(command, now)

    def expire_due(self, now: Instant) -> None:
        """Release every hold whose time is over, each at its own expiry and with its own number."""
        for charge in self.ledger.due(now):
            assert charge.expires_at is not None
            self._end(charge, "expired", "release", 0, charge.expires_at)

    def next_seq(self, now: Instant) -> Seq:
        """Number of a command that is sure to be done and has changed nothing yet: step 1.

        A refusal lets no time pass, and nobody can tell: with nothing asked in between, what
        time re-arms then it also re-arms at the next command, before that changes anything.
        """
        self.alerts.advance(now)
        self.limits.meet(now)
        self.seq += 1
        return self.seq

    def _reserve(self, command: Reserve, now: Instant) -> ModelAnswer:
        number = None if command.workspace is None else self.names.get(command.workspace)
        if command.workspace is not None and number is None:
            raise Refusal("workspace_not_found", f"{command.workspace} does not exist")
        at = now if command.occurred_at is None else command.occurred_at
        if not now - IMPORT_REACH <= at <= now:
            raise invalid("occurredAt", "must be at most 400 days back and not ahead")
        unit_price = None if command.credits is not None else self.prices.get(command.sku)
        amount = command.credits
        if amount is None:
            amount = _product(unit_price, command.quantity)
        if command.occurred_at is None and not self._affords(amount):
            raise Refusal("insufficient_funds", f"needs {amount}, the balance is {self.balance}")
        if command.occurred_at is None and number is not None:
            self._check_limit(number, amount, now)
        charge = ModelCharge(
            seq=self.next_seq(now),
            workspace=number,
            sku=command.sku,
            quantity=command.quantity,
            unit_price=unit_price,
            held=amount,
            reserved_at=at,
            expires_at=None if command.settle else now + command.ttl,
            status="settled" if command.settle else "held",
            amount=amount,
        )
        self.ledger.add(charge)
        answer = ModelAnswer(charge.seq, self.balance, charge.status, amount)
        if command.settle:
            charge.final, charge.ending = (amount, command.quantity), answer
        if amount > 0:
            self.alerts.used(charge.seq, number, high_usage=at >= now - WINDOW_REACH)
        return answer

    def _check_limit(self, number: WorkspaceNumber, amount: Micros, now: Instant) -> None:
        """A refusal that rings is the one refusal that is written down, and so has a number."""
        told = self.limits.refused(number, amount, now)
        if told is None:
            return
        if told.rings:
            seq = self.next_seq(now)
            rung = ModelNotification(
                seq=seq,
                place=0,
                kind=LIMIT,
                tier="reached",
                scope=number,
                count=self.limits.ring(number, told, now),
                fired_at=now,
                cents=told.limit.cents,
                balance=self.balance,
                spend=told.spent,
                period_minutes=told.limit.minutes,
                refused=(told.amount, shown(told.frees_at)),
            )
            self.alerts.notifications.append(rung)
        raise told.refusal()

    def _affords(self, amount: Micros) -> bool:
        if amount == 0:
            return True
        return self.balance > 0 if self.floor is None else self.balance - amount >= self.floor

    def _settle(self, command: Settle, now: Instant) -> ModelAnswer:
        charge = self.ledger.find(command.charge)
        final = _final(charge, command)
        if charge.status == "settled" and charge.final == final and charge.ending is not None:
            return charge.ending
        if charge.status == "expired" and charge.expires_at is not None:
            is_open = now <= charge.expires_at + SETTLE_AFTER_EXPIRY
        else:
            is_open = charge.status == "held"
        if not is_open:
            raise Refusal("charge_closed", f"the charge is {charge.status}")
        raised = final[0] > charge.amount
        charge.final = final
        answer = self._end(charge, "settled", "adjustment", final[0], now)
        if raised:
            self.alerts.used(answer.seq, charge.workspace)
        return answer

    def _release(self, command: Release, now: Instant) -> ModelAnswer:
        charge = self.ledger.find(command.charge)
        if charge.status in ("released", "expired") and charge.ending is not None:
            return charge.ending
        if charge.status != "held":
            raise Refusal("charge_closed", f"the charge is {charge.status}")
        return self._end(charge, "released", "release", 0, now)

    def _refund(self, command: Refund, now: Instant) -> ModelAnswer:
        charge = self.ledger.find(command.charge)
        if charge.status != "settled":
            raise Refusal("charge_closed", f"the charge is {charge.status}")
        back = charge.amount if command.credits is None else command.credits
        if back > charge.amount:
            raise invalid("credits", f"must be at most {charge.amount}")
        seq = self.next_seq(now)
        self.ledger.change(seq, "refund", charge, charge.amount - back)
        return ModelAnswer(seq, self.balance, charge.status, charge.amount)

    def _credit(self, command: Credit, now: Instant) -> ModelAnswer:
        seq = self.next_seq(now)
        kind = "correction" if command.amount < 0 else "grant"
        self.ledger.write(seq, kind, command.amount, None)
        if command.amount > 0:
            self.alerts.credited()
        return ModelAnswer(seq, self.balance, None, command.amount)

    def _end(
        self, charge: ModelCharge, status: str, kind: str, amount: Micros, now: Instant
    ) -> ModelAnswer:
        seq = self.next_seq(now)
        self.ledger.change(seq, kind, charge, amount)
        charge.status = status
        charge.ending = ModelAnswer(seq, self.balance, status, amount)
        return charge.ending


def _product(unit_price: Micros | None, quantity: int) -> Micros:
    if unit_price is None:
        raise invalid("sku", "has no price; set one, or send credits")
    if unit_price * quantity > AMOUNT_MAX:
        raise invalid("quantity", "times the price must be at most 10^9 credits")
    return unit_price * quantity


def _final(charge: ModelCharge, command: Settle) -> tuple[Micros, int]:
    if command.credits is not None:
        return command.credits, charge.quantity
    if command.quantity is None:
        return charge.held, charge.quantity
    if charge.unit_price is None:
        raise invalid("quantity", "cannot be used: the charge was reserved with credits")
    return _product(charge.unit_price, command.quantity), command.quantity
