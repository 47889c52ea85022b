"""When the model's tiers are armed again, by hand. Cents and minutes."""

from msgspec.structs import replace

from tests.model.story import Story, each, low, moment, tiers, whole

LOW = "low_balance:warning:0"
HIGH = "high_usage:warning:0"


def test_a_credit_that_leaves_the_balance_above_rearms_at_once() -> None:
    ada = Story(low(warning=50), cents=100)
    ada.spend(60, at=1)
    ada.credit(11, at=2)
    ada.spend(1, at=2)

    assert ada.rung == [f"{LOW}:1", f"{LOW}:2"]


def test_a_credit_that_leaves_the_balance_at_the_cents_does_not() -> None:
    ada = Story(low(warning=50), cents=100)
    ada.spend(60, at=1)
    ada.credit(10, at=2)

    assert ada.balance == 50
    assert ada.disarmed(1000) == [LOW]


def test_spend_that_leaves_the_window_rearms_at_once() -> None:
    """The tier fired at minute 55, so no cool-down is over at minute 60."""
    ada = Story(whole(60, warning=50))
    ada.spend(30, at=0)
    ada.spend(20, at=55)
    assert ada.disarmed(59.99) == [HIGH]

    ada.spend(30, at=60)
    assert ada.rung == [f"{HIGH}:1", f"{HIGH}:2"]


def test_spend_that_stays_at_the_cents_does_not_rearm() -> None:
    ada = Story(whole(60, warning=50))
    ada.spend(10, at=0)
    ada.spend(50, at=10)
    ada.spend(1, at=65)

    assert ada.disarmed(69.99) == [HIGH]
    assert ada.disarmed(70) == []


def test_an_undone_charge_rearms_low_balance_only_60_minutes_after_it_fired() -> None:
    ada = Story(low(warning=50), cents=100)
    held = ada.reserve(60, at=10).seq
    ada.release(held, at=12)
    ada.spend(60, at=69.99)
    assert ada.rung == [f"{LOW}:1"]

    again = Story(low(warning=50), cents=100)
    again.release(again.reserve(60, at=10).seq, at=12)
    again.spend(60, at=70)
    assert again.rung == [f"{LOW}:1", f"{LOW}:2"]


def test_the_condition_must_be_reversed_still() -> None:
    """Reversed in between, met again when the hour is over: it stays silent."""
    ada = Story(low(warning=50), cents=100)
    ada.release(ada.reserve(60, at=0).seq, at=10)
    ada.spend(60, at=20)
    ada.spend(1, at=90)

    assert ada.rung == [f"{LOW}:1"]
    assert ada.disarmed(90) == [LOW]


def test_every_way_of_undoing_waits_for_the_hour() -> None:
    """Release, expiry, lower settle and refund bring spend below 50 within the period of a day."""
    stories = [Story(whole(1440, warning=50)) for _ in range(4)]
    charges = [ada.reserve(60, at=0, ttl=15).seq for ada in stories]
    release, expiry, lower, refund = stories
    release.release(charges[0], at=15)
    expiry.sweep(at=15)
    lower.settle(charges[2], at=14, cents=1)
    refund.settle(charges[3], at=14)
    refund.refund(charges[3], at=15)

    assert [ada.disarmed(59.99) for ada in stories] == [[HIGH]] * 4
    assert [ada.disarmed(60) for ada in stories] == [[]] * 4


def test_high_usage_waits_for_its_period_where_that_is_shorter() -> None:
    """Nothing left the window by time: the charge of minute 8 was undone."""
    ada = Story(whole(10, warning=50))
    ada.spend(1, at=5)
    ada.refund(ada.spend(60, at=8).seq, at=9)

    assert ada.disarmed(17.99) == [HIGH]
    assert ada.disarmed(18) == []


def test_what_was_below_before_time_passed_is_not_rearmed_by_time() -> None:
    """Undoing brought spend from 70 to 40; that 40 then shrinks to 0 reverses nothing."""
    ada = Story(whole(30, warning=50))
    ada.spend(40, at=0)
    undone = ada.spend(30, at=20).seq
    ada.refund(undone, at=21)

    assert ada.disarmed(30) == [HIGH]
    assert ada.disarmed(49.99) == [HIGH]
    assert ada.disarmed(50) == []


def test_undoing_that_leaves_spend_above_lets_time_rearm_at_once() -> None:
    ada = Story(whole(30, warning=50))
    ada.spend(40, at=0)
    ada.refund(ada.spend(30, at=20).seq, at=21, cents=10)

    assert ada.disarmed(29.99) == [HIGH]
    assert ada.disarmed(30) == []


def test_a_credit_rearms_at_once_what_undoing_had_reversed() -> None:
    """A refund leaves 90, which waits for the hour; any grant that leaves it above does not."""
    ada = Story(low(warning=50), cents=100)
    ada.refund(ada.spend(60, at=1).seq, at=2, cents=50)
    assert ada.disarmed(2) == [LOW]

    ada.credit(1, at=3)
    assert ada.disarmed(3) == []


def test_a_correction_that_takes_credit_rearms_nothing_and_fires_nothing() -> None:
    ada = Story(low(warning=50), cents=100)
    ada.refund(ada.spend(60, at=1).seq, at=2)
    ada.credit(-1, at=3)
    assert ada.disarmed(3) == [LOW]

    ada.credit(-99, at=4)
    assert ada.rung == [f"{LOW}:1"]


def test_a_workspace_rearms_by_time_though_only_others_were_asked() -> None:
    ada = Story(each(60, warning=50))
    ada.account.create_workspace("blue")
    ada.spend(30, at=0, workspace="blue")
    ada.spend(20, at=55, workspace="blue")
    for minute in (56, 60, 61):
        ada.spend(1, at=minute)
    ada.spend(30, at=62, workspace="blue")

    assert ada.rung == ["high_usage:warning:2:1", "high_usage:warning:2:2"]


def test_a_hold_that_is_due_expires_before_the_command_is_judged() -> None:
    """The balance is back at 100 and the hour over, so the same command may ring again."""
    ada = Story(low(warning=50), cents=100)
    ada.reserve(60, at=0, ttl=61)
    ada.spend(60, at=61)

    assert [(n.seq, n.count) for n in ada.account.notifications] == [(3, 1), (5, 2)]


def test_tiers_rearm_while_the_master_switch_is_off() -> None:
    ada = Story(whole(60, warning=50))
    ada.spend(50, at=0)
    ada.change(at=1, global_high_usage_enabled=False)
    ada.spend(50, at=61)
    assert ada.disarmed(61) == []

    ada.change(at=62, global_high_usage_enabled=True)
    ada.spend(1, at=63)
    assert ada.rung == [f"{HIGH}:1", f"{HIGH}:2"]


def test_crossings_are_counted_per_name_and_outlive_the_state() -> None:
    ada = Story(low(warning=50, critical=20), cents=100)
    ada.spend(50, at=1)
    ada.change(at=2, low_balance_tiers=tiers(warning=45, critical=20))
    ada.spend(30, at=3)

    critical = "low_balance:critical:0"
    assert ada.rung == [f"{LOW}:1", f"{LOW}:2", f"{critical}:1"]


def test_looking_at_the_state_changes_nothing() -> None:
    ada = Story(replace(whole(60, warning=50)))
    ada.spend(50, at=0)
    assert ada.disarmed(500) == []

    assert ada.disarmed(1) == [HIGH]
    (only,) = (at for at in ada.account.armed_state(moment(1)).values() if at is not None)
    assert only == moment(0)
