"""Tiers that ring once: what arms them, what does not, in which order they ring."""

from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain import alarms
from prepaid.domain.alarms import COOL_DOWN, Alarm, Fired, Tier
from prepaid.domain.amounts import CENT
from prepaid.domain.instants import MINUTE

NOW = 10**15
WARNING, CRITICAL = Tier("warning", 50), Tier("critical", 20)


def rung(*tiers: Tier, at: int = NOW) -> Alarm:
    alarm = Alarm()
    for tier in tiers:
        alarm.fire(tier, at)
    return alarm


names = st.sampled_from(("warning", "critical", "depleted", "a", "b_2"))
tiers = st.builds(Tier, names, st.integers(0, 60))
lists = st.lists(tiers, max_size=10, unique_by=lambda tier: tier.tier)
micros = st.integers(-60 * CENT, 70 * CENT) | st.integers(0, 60).map(lambda n: n * CENT)


def test_a_new_alarm_has_every_tier_armed() -> None:
    assert Alarm().is_armed(WARNING)
    assert alarms.pack(Alarm()) is None
    assert alarms.unpack(None) == Alarm()


def test_two_new_alarms_share_nothing() -> None:
    rung(WARNING)

    assert Alarm() == Alarm([], {})


def test_firing_disarms_and_counts_by_name() -> None:
    alarm = Alarm()
    counts = [alarm.fire(Tier("warning", cents), NOW) for cents in (50, 40, 30)]

    assert counts == [1, 2, 3]
    assert not alarm.is_armed(Tier("warning", 40))
    assert alarm.is_armed(Tier("warning", 41))
    assert alarm.is_armed(Tier("critical", 40))


def test_counts_survive_what_forgets_a_tier() -> None:
    alarm = rung(WARNING, CRITICAL)
    alarm.keep([CRITICAL])

    assert alarm.is_armed(WARNING)
    assert not alarm.is_armed(CRITICAL)
    assert alarm.fire(WARNING, NOW) == 2


@given(st.lists(st.tuples(tiers, st.integers(0, 2**62)), max_size=20))
def test_an_alarm_is_the_same_after_it_was_stored(history: list[tuple[Tier, int]]) -> None:
    alarm = Alarm()
    for tier, at in history:
        alarm.fire(tier, at)

    assert alarms.unpack(alarms.pack(alarm)) == alarm


def test_an_alarm_that_is_armed_again_still_remembers_its_counts() -> None:
    alarm = rung(WARNING)
    alarms.arm_by_credit(alarm, 51 * CENT)

    assert alarm.fired == []
    assert alarms.unpack(alarms.pack(alarm)).counts == {"warning": 1}


def test_credit_arms_a_tier_only_above_it() -> None:
    for balance, is_armed in ((50 * CENT, False), (50 * CENT + 1, True)):
        alarm = rung(WARNING)
        alarms.arm_by_credit(alarm, balance)
        assert alarm.is_armed(WARNING) is is_armed


def test_time_arms_a_tier_that_the_spend_fell_through() -> None:
    """At or above before, below after: a spend that was below already fell for another reason."""
    edge = 50 * CENT
    for before, after, is_armed in (
        (edge, edge - 1, True),
        (edge + 1, 0, True),
        (edge + 1, edge, False),
        (edge - 1, edge - 2, False),
        (edge, edge, False),
    ):
        alarm = rung(WARNING)
        alarms.arm_by_time(alarm, before, after)
        assert alarm.is_armed(WARNING) is is_armed


def test_a_changed_window_arms_what_its_spend_is_below() -> None:
    alarm = rung(WARNING, CRITICAL)
    alarms.arm_by_period(alarm, 20 * CENT)

    assert alarm.fired == [Fired("critical", 20, NOW)]


def test_an_undone_fall_of_the_balance_arms_an_hour_later() -> None:
    for balance, later, is_armed in (
        (50 * CENT + 1, COOL_DOWN, True),
        (50 * CENT + 1, COOL_DOWN - 1, False),
        (50 * CENT, COOL_DOWN, False),
    ):
        alarm = rung(WARNING)
        alarms.arm_low_after_cool_down(alarm, balance, NOW + later)
        assert alarm.is_armed(WARNING) is is_armed


def test_undone_spend_arms_after_the_shorter_of_an_hour_and_the_period() -> None:
    below = 50 * CENT - 1
    for spend, period, later, is_armed in (
        (below, 5 * MINUTE, 5 * MINUTE, True),
        (below, 5 * MINUTE, 5 * MINUTE - 1, False),
        (below, 1440 * MINUTE, COOL_DOWN, True),
        (below, 1440 * MINUTE, COOL_DOWN - 1, False),
        (50 * CENT, 5 * MINUTE, COOL_DOWN, False),
    ):
        alarm = rung(WARNING)
        alarms.arm_high_after_cool_down(alarm, spend, NOW + later, period)
        assert alarm.is_armed(WARNING) is is_armed


@given(lists, lists, micros)
def test_what_falls_and_what_rises(listed: list[Tier], silent: list[Tier], value: int) -> None:
    """Every armed tier whose condition is true, once, first the one that is met first."""
    alarm = rung(*silent)
    armed = [tier for tier in listed if alarm.is_armed(tier)]
    fallen, risen = alarms.fallen(alarm, listed, value), alarms.risen(alarm, listed, value)

    assert set(fallen) == {tier for tier in armed if value <= tier.micros}
    assert set(risen) == {tier for tier in armed if value >= tier.micros}
    assert [tier.cents for tier in fallen] == sorted((t.cents for t in fallen), reverse=True)
    assert [tier.cents for tier in risen] == sorted(t.cents for t in risen)


def test_tiers_of_the_same_cents_keep_the_order_of_their_list() -> None:
    same = [Tier("b", 5), Tier("a", 5), Tier("c", 5)]

    assert alarms.fallen(Alarm(), same, 0) == same
    assert alarms.risen(Alarm(), same, 5 * CENT) == same
