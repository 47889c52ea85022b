"""The record of one crossing: its payload, byte for byte as the guide shows, and its key."""

from typing import Literal

import msgspec
from msgspec import Struct

from prepaid.domain import ids
from prepaid.domain.alarms import Tier
from prepaid.domain.alerting import Watch
from prepaid.domain.amounts import Micros, cents
from prepaid.domain.events.high_usage import HIGH_USAGE, HighUsage
from prepaid.domain.events.low_balance import LOW_BALANCE, LowBalance
from prepaid.domain.ids import AccountId, Seq
from prepaid.domain.instants import MINUTE, Instant, iso_millis
from prepaid.domain.windows import GLOBAL

Kind = Literal["low_balance", "high_usage", "auto_topup", "workspace_limit"]
PER_COMMAND_MAX = 32  # more than one command can ever fire: 10 + 5 + 5 tiers

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Notification(Struct, frozen=True):
    """One crossing, or one top-up outcome, as it is recorded for ever."""

    account: AccountId
    number: int  # sequence number of its command times 32 plus its place among that command's
    kind: Kind
    identifier: str  # tier name, outcome, or `reached`
    scope: int  # 0 for the account, else the workspace's number
    dedup_key: str
    fired_at: Instant
    event_type: str
    payload: bytes
    email: bool  # the channels that were switched on when it fired
    webhook: bool
    charge: Seq | None  # the charge that caused it
    before: Micros  # balance, or spend of the scope, before that charge's command
    after: Micros

    @property
    def seq(self) -> Seq:
        """Sequence number of the command that fired it."""
        return self.number // PER_COMMAND_MAX


class Cause(Struct, frozen=True):
    """The command that made a tier ring: its place in the account's order and what it moved."""

    account: AccountId
    seq: Seq
    place: int  # how many notifications this command fired before
    at: Instant
    charge: Seq | None
    before: Micros
    after: Micros
    balance: Micros


def low_balance(
    cause: Cause, tier: Tier, count: int, watch: Watch, *, topup_on: bool
) -> Notification:
    """The notification of a balance that fell to a tier for the `count`-th time."""
    account_id = ids.account(cause.account)
    payload = LowBalance(
        LOW_BALANCE,
        "1",
        account_id,
        tier.tier,
        cents(cause.balance),
        tier.cents,
        topup_on,
        iso_millis(cause.at),
    )
    key = f"low_balance:{tier.tier}:{account_id}:{count}"
    return _record(cause, "low_balance", tier, GLOBAL, key, LOW_BALANCE, _encode(payload), watch)


def high_usage(cause: Cause, tier: Tier, count: int, watch: Watch, *, scope: int) -> Notification:
    """The notification of spend that rose to a tier for the `count`-th time."""
    account_id = ids.account(cause.account)
    workspace_id = None if scope == GLOBAL else ids.owned("ws", cause.account, scope)
    payload = HighUsage(
        HIGH_USAGE,
        "1",
        account_id,
        "global" if workspace_id is None else "workspace",
        workspace_id,
        tier.tier,
        watch.period // MINUTE,
        cents(cause.after),
        tier.cents,
        cents(cause.balance),
        iso_millis(cause.at),
    )
    key = f"high_usage:{tier.tier}:{workspace_id or account_id}:{count}"
    return _record(cause, "high_usage", tier, scope, key, HIGH_USAGE, _encode(payload), watch)


def _record(
    cause: Cause,
    kind: Kind,
    tier: Tier,
    scope: int,
    key: str,
    event_type: str,
    payload: bytes,
    watch: Watch,
) -> Notification:
    return Notification(
        account=cause.account,
        number=cause.seq * PER_COMMAND_MAX + cause.place,
        kind=kind,
        identifier=tier.tier,
        scope=scope,
        dedup_key=key,
        fired_at=cause.at,
        event_type=event_type,
        payload=payload,
        email=watch.email,
        webhook=watch.webhook,
        charge=cause.charge,
        before=cause.before,
        after=cause.after,
    )
