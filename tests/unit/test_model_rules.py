"""What new rules do to the model's tiers, by hand: PATCH, overrides, archives. Cents, minutes."""

from msgspec.structs import replace

from prepaid.domain.alerting import Override
from tests.model.story import Story, each, low, refused, tiers, whole

LOW = "low_balance:warning:0"
HIGH = "high_usage:warning:0"
BLUE = "high_usage:warning:2"


def with_blue(minutes: int = 60, **cents: int) -> Story:
    story = Story(each(minutes, **cents))
    story.account.create_workspace("blue")
    return story


def test_changed_cents_are_a_new_threshold_armed() -> None:
    ada = Story(whole(60, warning=50))
    ada.spend(60, at=0)
    ada.change(at=1, global_high_usage_tiers=tiers(warning=55))
    assert (ada.rung, ada.disarmed(1)) == ([f"{HIGH}:1"], [])

    ada.spend(1, at=2)
    assert ada.rung == [f"{HIGH}:1", f"{HIGH}:2"]


def test_a_tier_that_returns_is_armed() -> None:
    ada = Story(low(warning=50), cents=100)
    ada.spend(60, at=0)
    ada.change(at=1, low_balance_tiers=tiers(other=1))
    ada.change(at=2, low_balance_tiers=tiers(warning=50))
    ada.spend(1, at=3)

    assert ada.rung == [f"{LOW}:1", f"{LOW}:2"]


def test_a_tier_that_stays_keeps_its_state() -> None:
    ada = Story(low(warning=50), cents=100)
    ada.spend(60, at=0)
    ada.change(at=1, low_balance_tiers=tiers(critical=1, warning=50))
    ada.spend(1, at=2)

    assert ada.rung == [f"{LOW}:1"]


def test_a_changed_period_keeps_the_state() -> None:
    ada = Story(whole(60, warning=50))
    ada.spend(60, at=0)
    ada.change(at=1, global_high_usage_period_minutes=120)
    ada.spend(1, at=2)

    assert ada.rung == [f"{HIGH}:1"]
    assert ada.disarmed(119.99) == [HIGH]
    assert ada.disarmed(120) == []


def test_a_shorter_period_rearms_what_is_now_below() -> None:
    ada = Story(whole(60, warning=50))
    ada.spend(40, at=0)
    ada.spend(10, at=30)
    ada.change(at=31, global_high_usage_period_minutes=20)

    assert ada.disarmed(31) == []
    assert ada.rung == [f"{HIGH}:1"]


def test_the_old_period_and_tiers_are_advanced_first() -> None:
    """At minute 60 the old period has let go; the longer one then finds 60 cents, and is armed."""
    ada = Story(whole(60, warning=50))
    ada.spend(60, at=0)
    ada.change(at=60, global_high_usage_period_minutes=120)
    assert (ada.rung, ada.disarmed(60)) == ([f"{HIGH}:1"], [])

    ada.spend(1, at=61)
    assert [(n.spend, n.period_minutes) for n in ada.account.notifications] == [
        (600_000, 60),
        (610_000, 120),
    ]


def test_new_rules_rearm_what_was_undone_without_waiting() -> None:
    undone, elsewhere = (Story(whole(1440, warning=50)) for _ in range(2))
    for ada in (undone, elsewhere):
        ada.refund(ada.spend(60, at=0).seq, at=1)
    undone.change(at=2, global_high_usage_tiers=tiers(warning=50, critical=90))
    elsewhere.change(at=2, high_usage_period_minutes=5, low_balance_enabled=True)

    assert undone.disarmed(2) == []
    assert elsewhere.disarmed(2) == [HIGH]  # its own rules did not change


def test_new_rules_for_the_balance_rearm_no_undone_charge() -> None:
    ada = Story(low(warning=50), cents=100)
    ada.refund(ada.spend(60, at=0).seq, at=1)
    ada.change(at=2, low_balance_tiers=tiers(warning=50, critical=1))

    assert ada.disarmed(59.99) == [LOW]
    assert ada.disarmed(60) == []


def test_a_new_configuration_never_fires() -> None:
    ada = Story(whole(60, warning=50))
    ada.spend(20, at=0)
    ada.change(at=1, global_high_usage_tiers=tiers(warning=1), low_balance_enabled=True)
    ada.change(at=1, low_balance_tiers=tiers(warning=10_000_000))
    assert ada.rung == []

    ada.spend(1, at=2)
    assert ada.rung == [f"{LOW}:1", f"{HIGH}:1"]


def test_due_holds_expire_before_new_rules() -> None:
    ada = Story(whole(60, warning=50))
    ada.reserve(60, at=0, ttl=15)
    ada.change(at=20, global_high_usage_tiers=tiers(warning=50, critical=90))

    assert ada.account.seq == 5
    assert ada.disarmed(20) == []


def test_an_override_replaces_the_account_for_that_workspace_only() -> None:
    ada = with_blue(60, warning=50)
    ada.override(0, "blue", Override(high_usage_tiers=tiers(warning=20)))
    ada.spend(49, at=1)
    ada.spend(20, at=1, workspace="blue")

    assert [(n.scope, n.cents, n.period_minutes) for n in ada.account.notifications] == [
        (2, 20, 60)
    ]


def test_fields_that_are_null_inherit_what_the_account_says_now() -> None:
    ada = with_blue(60, warning=50)
    ada.override(0, "blue", Override(high_usage_period_minutes=10))
    ada.change(at=1, high_usage_tiers=tiers(warning=30))
    ada.spend(30, at=2, workspace="blue")

    assert [(n.cents, n.period_minutes) for n in ada.account.notifications] == [(30, 10)]


def test_an_override_silences_the_workspace_not_the_account() -> None:
    ada = with_blue(60, warning=50)
    ada.change(at=0, global_high_usage_enabled=True, global_high_usage_tiers=tiers(warning=50))
    ada.override(0, "blue", Override(high_usage_enabled=False, high_usage_tiers=tiers(x=1)))
    ada.spend(60, at=1, workspace="blue")

    assert ada.rung == [f"{HIGH}:1"]


def test_a_removed_override_lets_the_workspace_inherit_everything() -> None:
    """Its own tier was disarmed; the account's of other cents is a new threshold."""
    ada = with_blue(60, warning=50)
    ada.override(0, "blue", Override(high_usage_tiers=tiers(warning=20)))
    ada.spend(60, at=1, workspace="blue")
    ada.override(2, "blue", None)
    ada.spend(1, at=3, workspace="blue")

    assert [(n.cents, n.count) for n in ada.account.notifications] == [(20, 1), (50, 2)]
    with refused("not_found"):
        ada.override(4, "green", None)


def test_an_override_that_says_what_was_inherited_changes_nothing() -> None:
    ada = with_blue(1440, warning=50)
    ada.refund(ada.spend(60, at=0, workspace="blue").seq, at=1)
    ada.override(2, "blue", Override(high_usage_period_minutes=1440))

    assert ada.disarmed(2) == [BLUE]


def test_a_workspace_wakes_under_the_rules_of_its_time() -> None:
    """Blue sleeps through a longer period; at minute 60 the shorter one had let its spend go."""
    ada = with_blue(60, warning=50)
    ada.spend(50, at=0, workspace="blue")
    ada.change(at=61, high_usage_period_minutes=1440)
    ada.spend(1, at=100, workspace="blue")

    assert ada.rung == [f"{BLUE}:1", f"{BLUE}:2"]


def test_archiving_drops_override_and_state_and_holds_count_globally() -> None:
    ada = with_blue(60, warning=50)
    ada.change(at=0, global_high_usage_enabled=True, global_high_usage_tiers=tiers(warning=90))
    held = ada.reserve(60, at=1, workspace="blue").seq
    ada.account.archive_workspace("blue")
    assert ada.disarmed(1) == []

    ada.settle(held, at=2, cents=90)
    assert ada.rung == [f"{BLUE}:1", f"{HIGH}:1"]
    with refused("not_found"):
        ada.override(3, "blue", None)


def test_a_name_used_again_begins_anew() -> None:
    ada = with_blue(60, warning=50)
    ada.override(0, "blue", Override(high_usage_tiers=tiers(warning=5)))
    ada.spend(49, at=1, workspace="blue")
    ada.account.archive_workspace("blue")
    ada.account.create_workspace("blue")
    ada.spend(10, at=2, workspace="blue")
    ada.spend(40, at=2, workspace="blue")

    assert ada.rung == [f"{BLUE}:1", "high_usage:warning:3:1"]


def test_email_and_webhook_switches_are_rules_too() -> None:
    ada = Story(replace(whole(1440, warning=50)))
    ada.refund(ada.spend(60, at=0).seq, at=1)
    ada.change(at=2, global_high_usage_email_enabled=False)

    assert ada.disarmed(2) == []
