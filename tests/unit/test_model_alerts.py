"""When the model's tiers ring, by hand. Cents and minutes; the first command has seq 3."""

from msgspec.structs import replace

from prepaid.domain.amounts import CENT
from tests.model.facts import HIGH_USAGE, LOW_BALANCE, ModelNotification
from tests.model.story import Story, each, low, moment, refused, tiers, whole

DAYS = 24 * 60
LOW = "low_balance:warning:0"
HIGH = "high_usage:warning:0"


def test_low_balance_fires_at_or_below_its_cents_once() -> None:
    ada = Story(low(warning=90), cents=100)
    ada.spend(9, at=1)
    assert ada.rung == []

    ada.spend(1, at=2)
    ada.spend(1, at=3)

    assert ada.account.notifications == [
        ModelNotification(4, 0, LOW_BALANCE, "warning", 0, 1, moment(2), 90, 90 * CENT, None, None)
    ]


def test_high_usage_fires_at_or_above_its_cents_once() -> None:
    ada = Story(whole(60, warning=50), cents=100)
    ada.spend(49, at=1)
    assert ada.rung == []

    ada.spend(1, at=2)
    ada.spend(1, at=3)

    assert ada.account.notifications == [
        ModelNotification(
            4, 0, HIGH_USAGE, "warning", 0, 1, moment(2), 50, 50 * CENT, 50 * CENT, 60
        )
    ]


def test_a_charge_leaves_the_window_exactly_after_the_period() -> None:
    inside, outside = (Story(whole(60, warning=50)) for _ in range(2))
    for ada, at in ((inside, 59.99), (outside, 60)):
        ada.spend(30, at=0)
        ada.spend(20, at=at)

    assert inside.rung == [f"{HIGH}:1"]
    assert outside.rung == []


def test_tiers_fire_in_their_order_and_the_global_pass_before_the_workspace() -> None:
    config = replace(
        whole(60, critical=20, warning=10),
        low_balance_enabled=True,
        low_balance_tiers=tiers(critical=100, warning=950),
        high_usage_enabled=True,
        high_usage_tiers=tiers(critical=40, warning=30),
    )
    ada = Story(config, cents=1000)
    ada.spend(900, at=1)

    assert [(n.kind, n.scope, n.cents, n.place) for n in ada.account.notifications] == [
        (LOW_BALANCE, 0, 950, 0),
        (LOW_BALANCE, 0, 100, 1),
        (HIGH_USAGE, 0, 10, 2),
        (HIGH_USAGE, 0, 20, 3),
        (HIGH_USAGE, 1, 30, 4),
        (HIGH_USAGE, 1, 40, 5),
    ]


def test_nothing_fires_while_the_master_switch_is_off() -> None:
    ada = Story(replace(low(warning=90), low_balance_enabled=False), cents=100)
    ada.spend(20, at=1)
    assert (ada.rung, ada.disarmed(1)) == ([], [])

    ada.change(at=2, low_balance_enabled=True)
    assert ada.rung == []

    ada.spend(0, at=3)
    assert ada.rung == []

    ada.spend(1, at=4)
    assert ada.rung == [f"{LOW}:1"]


def test_with_both_channels_off_it_is_still_recorded() -> None:
    off = {"low_balance_email_enabled": False, "low_balance_webhook_enabled": False}
    ada = Story(replace(low(warning=90), **off), cents=100)
    ada.spend(20, at=1)

    assert ada.rung == [f"{LOW}:1"]


def test_only_billable_usage_fires() -> None:
    """With the condition true from the start, only a raised amount rings."""
    ada = Story(replace(low(warning=100), low_balance_enabled=False), cents=100)
    held, other, third = (ada.reserve(9, at=1, ttl=60).seq for _ in range(3))
    settled = ada.spend(9, at=1).seq
    ada.change(at=2, low_balance_enabled=True)
    ada.settle(held, at=3)
    ada.settle(other, at=3, cents=8)
    ada.release(third, at=3)
    ada.refund(settled, at=3, cents=1)
    ada.credit(1, at=3)
    ada.credit(-1, at=3)
    ada.sweep(at=3)
    assert ada.rung == []

    ada.past(1, at=4, occurred=-10)
    assert ada.rung == [f"{LOW}:1"]


def test_a_higher_settle_and_a_settle_after_expiry_fire() -> None:
    higher, late = (Story(low(warning=80), cents=100) for _ in range(2))
    higher.settle(higher.reserve(10, at=1).seq, at=2, cents=20)
    late.settle(late.reserve(10, at=1).seq, at=60, cents=20)

    assert higher.rung == late.rung == [f"{LOW}:1"]


def test_a_settle_belongs_to_the_window_of_its_reserve() -> None:
    """At minute 61 the charge of minute 0 is out of the window, whatever it costs by now."""
    ada = Story(whole(60, warning=50))
    held = ada.reserve(10, at=0, ttl=120).seq
    ada.settle(held, at=61, cents=500)
    ada.spend(49, at=62)

    assert ada.rung == []


def test_an_import_counts_in_the_window_at_its_own_time() -> None:
    ada = Story(whole(60, warning=50))
    ada.past(49, at=10, occurred=-50)
    ada.past(49, at=10, occurred=-49.99)
    assert ada.rung == []

    ada.past(1, at=10, occurred=5)
    assert ada.rung == [f"{HIGH}:1"]


def test_an_import_older_than_30_days_meets_no_window() -> None:
    config = replace(whole(60, warning=0), low_balance_enabled=True, low_balance_tiers=tiers(a=95))
    ada = Story(config, cents=100)
    ada.past(5, at=0, occurred=-30 * DAYS - 1)
    assert ada.rung == ["low_balance:a:0:1"]

    ada.past(1, at=0, occurred=-30 * DAYS)
    assert ada.rung == ["low_balance:a:0:1", f"{HIGH}:1"]


def test_each_workspace_is_summed_alone_and_the_account_over_all() -> None:
    config = replace(each(60, warning=50), global_high_usage_enabled=True)
    config = replace(config, global_high_usage_tiers=tiers(warning=130))
    ada = Story(config)
    ada.account.create_workspace("blue")
    ada.spend(49, at=1)
    ada.spend(49, at=1, workspace="blue")
    ada.spend(31, at=1, workspace=None)
    assert ada.rung == []

    ada.spend(1, at=1, workspace="blue")
    assert ada.rung == [f"{HIGH}:1", "high_usage:warning:2:1"]


def test_only_the_touched_workspace_is_evaluated() -> None:
    """Switched on with the condition true, it fires at its own next billable usage."""
    ada = Story(replace(each(60, warning=50), high_usage_enabled=False))
    ada.account.create_workspace("blue")
    ada.spend(60, at=1, workspace="blue")
    ada.change(at=2, high_usage_enabled=True)
    ada.spend(1, at=3)
    ada.spend(1, at=3, workspace=None)
    assert ada.rung == []

    ada.spend(1, at=4, workspace="blue")
    assert ada.rung == ["high_usage:warning:2:1"]


def test_values_are_those_right_after_their_own_command_not_its_batch() -> None:
    ada = Story(whole(60, warning=50), cents=100)
    ada.spend(60, at=1)
    ada.spend(10, at=1)

    assert [(n.seq, n.balance, n.spend) for n in ada.account.notifications] == [
        (3, 40 * CENT, 60 * CENT)
    ]


def test_refusals_replays_and_repeats_fire_nothing() -> None:
    """A tier armed again under the same condition waits for usage that is new."""
    ada = Story(low(warning=50), cents=0)
    ada.past(0, at=1, occurred=0)
    ada.credit(10, at=1)
    charge = ada.spend(10, at=2, key="k").seq
    ada.change(at=3, low_balance_tiers=tiers(warning=49))
    ada.spend(10, at=4, key="k")
    ada.settle(charge, at=4)
    with refused("insufficient_funds"):
        ada.spend(1, at=4)

    assert ada.rung == [f"{LOW}:1"]
