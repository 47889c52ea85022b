"""Hand-made histories of one account, told in credit cents and minutes. Adds no rule."""

import pytest
from msgspec.structs import replace

from prepaid.domain.alarms import Tier
from prepaid.domain.alerting import Config, Override
from prepaid.domain.amounts import CENT, Micros
from prepaid.domain.commands import Command, Credit, Refund, Release, Reserve, Settle, Sweep
from prepaid.domain.ids import Seq
from prepaid.domain.instants import DAY, MINUTE, Instant
from prepaid.domain.refusals import Refusal
from tests.model.account import ModelAccount
from tests.model.facts import ModelAnswer

START: Instant = 20_000 * DAY
ACCOUNT = 7


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    """What is asked inside is answered no, for this reason."""
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


def tiers(**cents: int) -> tuple[Tier, ...]:
    """`tiers(warning=100, critical=20)`, in that order."""
    return tuple(Tier(name, value) for name, value in cents.items())


def low(**cents: int) -> Config:
    """Only low balance is on."""
    return Config(low_balance_enabled=True, low_balance_tiers=tiers(**cents))


def whole(minutes: int = 60, **cents: int) -> Config:
    """Only the global pass is on."""
    return Config(
        global_high_usage_enabled=True,
        global_high_usage_period_minutes=minutes,
        global_high_usage_tiers=tiers(**cents),
    )


def each(minutes: int = 60, **cents: int) -> Config:
    """Only the workspace pass is on."""
    return Config(
        high_usage_enabled=True,
        high_usage_period_minutes=minutes,
        high_usage_tiers=tiers(**cents),
    )


class Story:
    """An account that was given credit in its first command and a configuration in its second."""

    def __init__(
        self, config: Config | None = None, cents: int = 1_000_000, floor: int | None = None
    ) -> None:
        self.account = ModelAccount(ACCOUNT, None if floor is None else floor * CENT)
        self.account.prices["report"] = 10 * CENT
        self.credit(cents, at=0)
        self.account.configure(config or Config(), START)

    def reserve(
        self,
        cents: int | None,
        at: float,
        workspace: str | None = "default",
        *,
        settle: bool = False,
        key: str | None = None,
        ttl: float = 15,
        quantity: int = 1,
        occurred: float | None = None,
    ) -> ModelAnswer:
        """A charge of so many cents, or with None at the price of 10 cents; minutes."""
        command = Reserve(
            account=ACCOUNT,
            key=key,
            workspace=workspace,
            sku="report",
            quantity=quantity,
            credits=None if cents is None else cents * CENT,
            settle=settle,
            ttl=round(ttl * MINUTE),
            occurred_at=None if occurred is None else moment(occurred),
        )
        return self.ask(command, at)

    def spend(
        self, cents: int, at: float, workspace: str | None = "default", *, key: str | None = None
    ) -> ModelAnswer:
        """A charge settled at once."""
        return self.reserve(cents, at, workspace, settle=True, key=key)

    def past(self, cents: int, at: float, occurred: float) -> ModelAnswer:
        """An import, settled at once."""
        return self.reserve(cents, at, settle=True, occurred=occurred)

    def settle(
        self, charge: Seq, at: float, cents: int | None = None, quantity: int | None = None
    ) -> ModelAnswer:
        final = None if cents is None else cents * CENT
        command = Settle(account=ACCOUNT, charge=charge, credits=final, quantity=quantity)
        return self.ask(command, at)

    def release(self, charge: Seq, at: float) -> ModelAnswer:
        return self.ask(Release(account=ACCOUNT, charge=charge), at)

    def refund(self, charge: Seq, at: float, cents: int | None = None) -> ModelAnswer:
        back = None if cents is None else cents * CENT
        return self.ask(Refund(account=ACCOUNT, charge=charge, credits=back), at)

    def credit(self, cents: int, at: float) -> ModelAnswer:
        return self.ask(Credit(account=ACCOUNT, amount=cents * CENT, reason="test"), at)

    def sweep(self, at: float) -> ModelAnswer:
        return self.ask(Sweep(account=ACCOUNT), at)

    def ask(self, command: Command, at: float) -> ModelAnswer:
        return self.account.apply(command, moment(at))

    def change(self, at: float, config: Config | None = None, **fields: object) -> None:
        """PATCH the configuration: another one, or some fields of the present one."""
        merged = replace(config or self.account.alerts.config, **fields)
        self.account.configure(merged, moment(at))

    def override(self, at: float, workspace: str, override: Override | None) -> None:
        self.account.override(workspace, override, moment(at))

    @property
    def balance(self) -> int:
        """Cents."""
        return whole_cents(self.account.balance)

    @property
    def rung(self) -> list[str]:
        """The notifications: `low_balance:warning:0:1`, with scope and count."""
        return [f"{n.kind}:{n.tier}:{n.scope}:{n.count}" for n in self.account.notifications]

    @property
    def lines(self) -> list[tuple[str, int]]:
        """The ledger behind the first grant: kind and cents."""
        return [(entry.kind, whole_cents(entry.amount)) for entry in self.account.entries[1:]]

    def disarmed(self, at: float) -> list[str]:
        """Tiers in force that have rung and are not armed again: `high_usage:warning:0`."""
        state = self.account.armed_state(moment(at))
        rung = {key for key, fired_at in state.items() if fired_at is not None}
        return sorted(f"{key.kind}:{key.tier}:{key.scope}" for key in rung)


def moment(minutes: float) -> Instant:
    """So many minutes after the account's opening."""
    return START + round(minutes * MINUTE)


def whole_cents(micros: Micros) -> int:
    assert micros % CENT == 0
    return micros // CENT
