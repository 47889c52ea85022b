"""The record of a crossing: its payload byte for byte, its key, its place in the order."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain import notifications
from prepaid.domain.alarms import Tier
from prepaid.domain.alerting import Watch
from prepaid.domain.amounts import CENT
from prepaid.domain.instants import MINUTE
from prepaid.domain.notifications import PER_COMMAND_MAX, Cause, Notification

AT = 1_776_162_225_000_999  # 2026-04-14T10:23:45.000999Z
WATCH = Watch(enabled=True, email=True, webhook=False, period=60 * MINUTE, tiers=(), edge=0)


def cause(balance: int = 0, after: int = 0, place: int = 0, seq: int = 7) -> Cause:
    return Cause(0xACC, seq, place, AT, 5, 99, after, balance)


def low(
    balance: int, *, topup_on: bool = True, tier: str = "warning", count: int = 1
) -> Notification:
    tiers = Tier(tier, 5_000)
    return notifications.low_balance(cause(balance), tiers, count, WATCH, topup_on=topup_on)


def high(spend: int, scope: int, tier: str = "warning", count: int = 1) -> Notification:
    return notifications.high_usage(
        cause(87_000 * CENT, spend), Tier(tier, 2_000), count, WATCH, scope=scope
    )


def test_low_balance_payload() -> None:
    assert low(4_523 * CENT).payload == (
        b'{"type":"billing.low_balance.triggered","version":"1","accountId":"acc_0000000000000acc",'
        b'"tier":"warning","balanceCents":4523,"thresholdCents":5000,"autoTopupEnabled":true,'
        b'"firedAt":"2026-04-14T10:23:45.000Z"}'
    )


def test_high_usage_payloads() -> None:
    tail = (
        b'"tier":"warning","periodMinutes":60,"periodSpendCents":2300,"thresholdCents":2000,'
        b'"balanceCents":87000,"firedAt":"2026-04-14T10:23:45.000Z"}'
    )
    head = (
        b'{"type":"billing.high_usage.triggered","version":"1","accountId":"acc_0000000000000acc",'
    )

    assert high(2_300 * CENT, 3).payload == (
        head + b'"scope":"workspace","workspaceId":"ws_0000000000000acc0000000003",' + tail
    )
    assert high(2_300 * CENT, 0).payload == head + b'"scope":"global","workspaceId":null,' + tail


def test_fractions_of_a_cent_are_the_shortest_exact_decimal() -> None:
    for micros, text in (
        (1, b"0.0001"),
        (-1, b"-0.0001"),
        (CENT // 2, b"0.5"),
        (-3 * CENT - 1_000, b"-3.1"),
        (10**18 + 1, b"100000000000000.0001"),
        (-(10**18) - CENT // 4, b"-100000000000000.25"),
        (10**18, b"100000000000000"),
        (0, b"0"),
    ):
        assert b'"balanceCents":' + text + b"," in low(micros).payload


@given(st.integers(-(10**18), 10**18))
def test_every_amount_is_told_exactly(micros: int) -> None:
    told = json.loads(low(micros).payload, parse_float=Decimal)["balanceCents"]

    assert told * CENT == micros
    assert isinstance(told, int) == (micros % CENT == 0)


def test_a_payload_tells_whether_auto_topup_is_on() -> None:
    assert b'"autoTopupEnabled":false' in low(1, topup_on=False).payload


def test_the_record_keeps_cause_channels_and_order() -> None:
    one = notifications.low_balance(
        cause(5 * CENT, 5 * CENT, place=2), Tier("warning", 9), 3, WATCH, topup_on=False
    )

    assert (one.number, one.seq) == (7 * PER_COMMAND_MAX + 2, 7)
    assert (one.kind, one.identifier, one.scope, one.charge) == ("low_balance", "warning", 0, 5)
    assert (one.before, one.after, one.fired_at) == (99, 5 * CENT, AT)
    assert (one.email, one.webhook) == (True, False)
    assert one.event_type == json.loads(one.payload)["type"]


def test_one_command_never_fires_more_than_its_numbers_hold() -> None:
    """Ten tiers of the balance, five of the account's spend, five of the workspace's."""
    assert PER_COMMAND_MAX > 10 + 5 + 5


crossings = st.tuples(
    st.sampled_from(("low", 0, 1, 12, 121)),
    st.sampled_from(("a", "a1", "a_1", "warning")),
    st.sampled_from((1, 2, 11, 112)),
)


@given(st.lists(crossings, unique=True, min_size=2, max_size=40))
def test_two_crossings_never_share_a_key(found: list[tuple[str | int, str, int]]) -> None:
    keys = [
        low(0, tier=tier, count=count).dedup_key
        if isinstance(scope, str)
        else high(0, scope, tier, count).dedup_key
        for scope, tier, count in found
    ]

    assert len(set(keys)) == len(keys)


def test_keys_read_as_the_design_writes_them() -> None:
    account = "acc_0000000000000acc"

    assert low(0, count=7).dedup_key == f"low_balance:warning:{account}:7"
    assert high(0, 0).dedup_key == f"high_usage:warning:{account}:1"
    assert high(0, 3).dedup_key == "high_usage:warning:ws_0000000000000acc0000000003:1"
