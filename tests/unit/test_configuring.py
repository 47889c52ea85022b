"""What a change of rules does to windows and tiers. It never fires anything."""

import pytest
from msgspec.structs import replace

from prepaid.domain import alarms, configuring, windows
from prepaid.domain.accounts import Account, Directory, Workspace
from prepaid.domain.alarms import Alarm, Tier
from prepaid.domain.alerting import Config, Override
from prepaid.domain.amounts import CENT
from prepaid.domain.book import Book
from prepaid.domain.commands import Configure, ConfigureWorkspace
from prepaid.domain.instants import DAY, HOUR, MINUTE
from prepaid.domain.refusals import Refusal

NOW = 20_000 * DAY
PARIS, GONE, UNKNOWN = 2, 3, 4
RULES = Config(
    low_balance_enabled=True,
    low_balance_tiers=(Tier("warning", 50), Tier("critical", 20)),
    global_high_usage_enabled=True,
    global_high_usage_period_minutes=60,
    global_high_usage_tiers=(Tier("warning", 50), Tier("critical", 80)),
    high_usage_enabled=True,
    high_usage_period_minutes=60,
    high_usage_tiers=(Tier("warning", 30),),
)


def workspace(
    number: int, *, archived: bool = False, override: Override | None = None
) -> Workspace:
    return Workspace(number, f"w{number}", "W", 1, archived, override)


def directory(override: Override | None = None) -> Directory:
    found = Directory(3, 1)
    found.config = RULES
    found.by_number = {
        PARIS: workspace(PARIS, override=override),
        GONE: workspace(GONE, archived=True),
    }
    return found


def book(before: Directory, cents: int = 60) -> Book:
    """The balance and both windows stand at so many cents; every tier has rung just now."""
    account = Account(1, 3, False, None, 0, 9, NOW, cents * CENT, b"", None, Alarm(), False)
    for tier in RULES.low_balance_tiers:
        account.alarm.fire(tier, NOW)
    made = Book(account, before)
    for scope in (windows.GLOBAL, PARIS):
        watch = before.watch(scope)
        window = windows.opened(1, scope, watch.period, NOW)
        windows.add(window, NOW, cents * CENT)
        for tier in watch.tiers:
            window.alarm.fire(tier, NOW)
        made.windows[scope] = window
    return made


def change(made: Book, command: Configure | ConfigureWorkspace, between: int = 0) -> Directory:
    after = configuring.changed(made.directory, command)
    scopes = configuring.affected(made, after)
    configuring.configure(made, after, dict.fromkeys(scopes, between))
    return after


def silent(made: Book, scope: int) -> list[str]:
    return [fired.tier for fired in made.windows[scope].alarm.fired]


def account_wide(**changes: object) -> Configure:
    return Configure(account=1, changes=changes)


def of_paris(**changes: object) -> ConfigureWorkspace:
    return ConfigureWorkspace(account=1, workspace=PARIS, changes=changes)


def test_named_fields_are_replaced_and_the_others_kept() -> None:
    after = configuring.merged(RULES, {"low_balance_enabled": False})

    assert after == replace(RULES, low_balance_enabled=False)
    assert configuring.merged(RULES, {}) == RULES


def test_an_override_merges_and_null_inherits() -> None:
    made = configuring.merged_override(None, {"high_usage_period_minutes": 5})
    changed = configuring.merged_override(made, {"high_usage_enabled": False})
    inherits = configuring.merged_override(changed, {"high_usage_period_minutes": None})

    assert changed == Override(high_usage_enabled=False, high_usage_period_minutes=5)
    assert inherits == Override(high_usage_enabled=False)
    assert configuring.merged_override(changed, None) is None


def test_the_directory_afterwards_is_a_new_one_of_the_next_epoch() -> None:
    before = directory()
    after = configuring.changed(before, of_paris(high_usage_enabled=False))

    assert (after.epoch, after.config) == (before.epoch + 1, RULES)
    assert after.by_number[PARIS].override == Override(high_usage_enabled=False)
    assert before.by_number[PARIS].override is None


@pytest.mark.parametrize("number", [GONE, UNKNOWN])
def test_a_workspace_that_is_archived_or_unknown_is_not_found(number: int) -> None:
    command = ConfigureWorkspace(account=1, workspace=number, changes={})
    with pytest.raises(Refusal) as refused:
        configuring.changed(directory(), command)

    assert refused.value.code == "not_found"


@pytest.mark.parametrize(
    ("command", "scopes"),
    [
        (account_wide(low_balance_enabled=False), []),
        (account_wide(global_high_usage_period_minutes=5), [0]),
        (account_wide(global_high_usage_email_enabled=False), [0]),
        (account_wide(high_usage_tiers=(Tier("warning", 31),)), [PARIS]),
        (account_wide(global_high_usage_tiers=RULES.global_high_usage_tiers[::-1]), []),
        (of_paris(high_usage_period_minutes=60), []),
        (of_paris(high_usage_period_minutes=61), [PARIS]),
    ],
)
def test_only_scopes_whose_rules_change_are_touched(
    command: Configure | ConfigureWorkspace, scopes: list[int]
) -> None:
    """The order in which tiers are listed is no rule."""
    made = book(directory())

    assert configuring.affected(made, configuring.changed(made.directory, command)) == scopes


def test_what_an_override_replaces_is_not_touched_by_the_account() -> None:
    own = Override(high_usage_period_minutes=5, high_usage_tiers=(Tier("warning", 30),))
    made = book(directory(own))
    command = account_wide(high_usage_period_minutes=7, high_usage_tiers=(Tier("a", 1),))

    assert configuring.affected(made, configuring.changed(made.directory, command)) == []


def test_the_same_tiers_in_another_order_arm_nothing() -> None:
    """Though the spend was undone and is below: that waits for its cool-down."""
    made = book(directory())
    windows.add(made.windows[0], NOW, -60 * CENT)
    change(made, account_wide(global_high_usage_tiers=RULES.global_high_usage_tiers[::-1]))

    assert silent(made, 0) == ["warning", "critical"]


def test_a_changed_period_arms_what_the_spend_is_now_below() -> None:
    """60 cents in the hour; the 15 that are older than five minutes leave."""
    made = book(directory())
    windows.add(made.windows[0], NOW - 10 * MINUTE, 15 * CENT)
    change(made, account_wide(global_high_usage_period_minutes=5), between=15 * CENT)

    assert made.windows[0].sum == 60 * CENT
    assert made.windows[0].period == 5 * MINUTE
    assert silent(made, 0) == ["warning"]
    assert silent(made, PARIS) == ["warning"]


def test_a_longer_period_takes_rows_back_and_keeps_the_state() -> None:
    made = book(directory())
    made.windows[0].head = NOW
    change(made, account_wide(global_high_usage_period_minutes=120), between=25 * CENT)

    assert made.windows[0].sum == 85 * CENT
    assert silent(made, 0) == ["warning", "critical"]


def test_what_the_same_batch_has_undone_is_not_taken_back() -> None:
    """A hold expires before the rules change; the store still sums it as it was."""
    made = book(directory(), cents=0)
    made.windows[0].head = NOW
    made.spend[0, NOW - 90 * MINUTE] = -25 * CENT
    change(made, account_wide(global_high_usage_period_minutes=120), between=25 * CENT)

    assert made.windows[0].sum == 0


def test_tiers_that_leave_the_list_lose_their_state_and_keep_their_count() -> None:
    made = book(directory(), cents=90)
    change(made, account_wide(global_high_usage_tiers=(Tier("warning", 51), Tier("critical", 80))))
    window = made.windows[0]

    assert silent(made, 0) == ["critical"]
    assert window.alarm.counts == {"warning": 1, "critical": 1}


def test_low_balance_tiers_that_leave_the_list_are_armed_when_they_return() -> None:
    made = book(directory(), cents=10)
    after = change(made, account_wide(low_balance_tiers=(Tier("critical", 20),)))

    assert [fired.tier for fired in made.account.alarm.fired] == ["critical"]
    assert alarms.fallen(made.account.alarm, RULES.low_balance_tiers, 10 * CENT) == [
        Tier("warning", 50)
    ]
    assert after.low_balance.tiers == (Tier("critical", 20),)


def test_a_change_of_rules_never_fires_and_takes_one_number() -> None:
    made = book(directory())
    made.account.alarm.fired.clear()
    for window in made.windows.values():
        window.alarm.fired.clear()
    change(made, account_wide(global_high_usage_tiers=(Tier("warning", 1),)))

    assert made.notifications == []
    assert made.new_entries == []
    assert made.account.seq == 10


def test_what_cooled_down_is_armed_by_a_change_of_other_rules() -> None:
    made = book(directory())
    windows.add(made.windows[PARIS], NOW, -60 * CENT)
    made.tick(NOW + HOUR)
    change(made, account_wide(low_balance_email_enabled=False))

    assert silent(made, PARIS) == []
    assert [fired.tier for fired in made.account.alarm.fired] == []
