"""The real service and the model, living the same history side by side."""

import asyncio
from collections.abc import Awaitable, Callable

from prepaid.domain import configuring
from prepaid.domain.alarms import Tier
from prepaid.domain.alerting import Config, Override
from prepaid.domain.amounts import CENT
from prepaid.domain.book import Outcome
from prepaid.domain.commands import (
    Command,
    Configure,
    ConfigureWorkspace,
    Credit,
    Refund,
    Release,
    Reserve,
    Settle,
)
from prepaid.domain.instants import DAY, MINUTE, Instant, day_of, next_month
from prepaid.domain.limits import Limit
from prepaid.domain.refusals import Refusal
from prepaid.flows import workspaces
from prepaid.flows.desk import Desk
from prepaid.flows.desk import account_of as row_of
from tests.model.account import ModelAccount
from tests.simulation import compare
from tests.simulation import histories as h
from tests.simulation.clocked import Hand

START: Instant = 20_000 * DAY + 7 * MINUTE
ON = Config(
    low_balance_enabled=True,
    low_balance_tiers=(Tier("warning", 50), Tier("critical", 20)),
    global_high_usage_enabled=True,
    global_high_usage_period_minutes=60,
    global_high_usage_tiers=(Tier("warning", 50),),
    high_usage_enabled=True,
    high_usage_period_minutes=60,
    high_usage_tiers=(Tier("warning", 30), Tier("critical", 50)),
)

Answer = tuple[int, int, bool] | str


class Twin:
    """One account in both worlds."""

    def __init__(self, desk: Desk, hand: Hand, account: int) -> None:
        self._desk = desk
        self._hand = hand
        self.account = account
        self.model = ModelAccount(account)
        self._config = Config()
        self._overrides: dict[int, Override | None] = {}
        self._at: Instant = 0
        self._charges: list[tuple[int, Instant]] = []  # sequence number and time

    async def live(self, history: list[h.Step]) -> None:
        """Go through a history; every answer is compared on the way."""
        fields = {name: getattr(ON, name) for name in ON.__struct_fields__}
        for step in (h.Create("acme"), h.Configure(fields), h.Batch((h.Credit(100),)), *history):
            await self._step(step)
        await compare.everything(self._desk, self.model, max(self._hand.now, self._at + 1))

    async def _step(self, step: h.Step) -> None:
        match step:
            case h.Tick(by):
                self._hand.now += by
            case h.Boundary(which, minutes, off):
                at = self._charge(which)[1] + minutes * MINUTE + off
                self._hand.now = max(self._hand.now, at)
            case h.NextMonth(off):
                at = next_month(day_of(max(self._hand.now, self._at))) * DAY + off
                self._hand.now = max(self._hand.now, at)
            case h.Create(name):
                await self._both(
                    workspaces.create(self._desk, self.account, name, name),
                    lambda: self.model.create_workspace(name),
                )
            case h.Archive(name):
                await self._both(
                    workspaces.archive(self._desk, self.account, name),
                    lambda: self.model.archive_workspace(name),
                )
            case h.Configure(changes):
                await self._configure(changes)
            case h.Override(name, changes):
                await self._override(name, changes)
            case h.Limit(name, limit):
                wanted = None if limit is None else Limit(*limit)
                await self._both(
                    workspaces.change(self._desk, self.account, name, limit=wanted),
                    lambda: self.model.limit(name, limit),
                )
            case h.Batch(commands):
                await self._batch([self._command(command) for command in commands])

    async def _both(self, real: Awaitable[object], model: Callable[[], object]) -> None:
        """The same change of workspaces in both worlds, with the same end."""
        real_end = model_end = "done"
        try:
            await real
        except Refusal as refusal:
            real_end = refusal.code
        try:
            model()
        except Refusal as refusal:
            model_end = refusal.code
        assert real_end == model_end

    async def _batch(self, commands: list[Command]) -> None:
        submit = self._desk.vault.submit
        results = await asyncio.gather(*map(submit, commands), return_exceptions=True)
        now = await self._now()
        for command, result in zip(commands, results, strict=True):
            answer = self._model_answer(command, now)
            assert _plain(result) == answer, command
            charge = result.charge if isinstance(result, Outcome) else None
            if isinstance(command, Reserve) and charge is not None:
                self._charges.append((charge.seq, charge.reserved_at))

    async def _now(self) -> Instant:
        """The time of the last batch: the account's if it was written, else what it was told."""
        at = (await row_of(self._desk, self.account)).at
        now = at if at != self._at else max(self._hand.now, at + 1)
        self._at = at
        return now

    def _model_answer(self, command: Command, now: Instant) -> Answer:
        try:
            answer = self.model.apply(command, now)
        except Refusal as refusal:
            return _told(refusal)
        return answer.seq, answer.balance, answer.replayed

    async def _configure(self, changes: dict[str, object]) -> None:
        self._config = configuring.merged(self._config, changes)
        await self._desk.vault.submit(Configure(account=self.account, changes=changes))
        self.model.configure(self._config, await self._now())

    async def _override(self, name: str, changes: dict[str, object] | None) -> None:
        number = self.model.names.get(name)
        if number is None:
            return
        merged = configuring.merged_override(self._overrides.get(number), changes)
        self._overrides[number] = merged
        await self._desk.vault.submit(
            ConfigureWorkspace(account=self.account, workspace=number, changes=changes)
        )
        self.model.override(name, merged, await self._now())

    def _charge(self, which: int) -> tuple[int, Instant]:
        if which >= len(self._charges):
            return 10_000, START
        return self._charges[-1 - which]

    def _command(self, action: h.Charge | h.Import | h.Undo | h.Credit) -> Command:
        account = self.account
        match action:
            case h.Charge(name, cents, settle, ttl, key):
                return Reserve(
                    account=account,
                    workspace=name,
                    sku="x",
                    credits=cents * CENT,
                    settle=settle,
                    ttl=ttl,
                    key=key,
                )
            case h.Import(name, cents, ago):
                at = max(self._hand.now, self._at + 1) - ago
                return Reserve(
                    account=account,
                    workspace=name,
                    sku="y",
                    credits=cents * CENT,
                    settle=True,
                    occurred_at=at,
                )
            case h.Undo(verb, which, cents):
                seq, _ = self._charge(which)
                amount = None if cents is None else cents * CENT
                if verb == "release":
                    return Release(account=account, charge=seq)
                kind = Settle if verb == "settle" else Refund
                return kind(account=account, charge=seq, credits=amount)
            case h.Credit(cents):
                return Credit(account=account, amount=cents * CENT, reason="simulated")


def _plain(result: Outcome | BaseException) -> Answer:
    if isinstance(result, Refusal):
        return _told(result)
    assert isinstance(result, Outcome), result
    return result.seq, result.balance, result.replayed


def _told(refusal: Refusal) -> str:
    """The code of a refusal; that of a limit says exactly what was spent and when it frees."""
    if refusal.code != "workspace_limit_reached":
        return refusal.code
    return " ".join([refusal.code, *(detail.message for detail in refusal.details)])
