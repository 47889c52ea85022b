"""A month is one of the account's time zone, and no moment is in two months or in none."""

from datetime import UTC
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.statements.months import Calendar, Period, month_of
from tests.statements.office import Office, by_place, items, month, set_up


async def test_a_month_begins_at_midnight_of_the_accounts_time_zone(office: Office) -> None:
    ada = await office.customer()
    await set_up(ada, timeZone="Europe/Paris")
    office.go_to("2026-10-31 22:59:59")  # one second before midnight in Paris
    await office.charge(ada, sku="report")
    office.go_to("2026-10-31 23:00")
    await office.charge(ada, sku="page")
    office.go_to("2026-11-02")
    october = by_place(await month(ada, "2026-10"))["paris"]
    november = by_place(await month(ada, "2026-11"))["paris"]

    assert [line["sku"] for line in october["lines"]] == ["report"]
    assert [line["sku"] for line in november["lines"]] == ["page"]
    assert october["periodStart"] == "2026-09-30T22:00:00.000Z"
    assert october["periodEnd"] == "2026-10-31T23:00:00.000Z"


async def test_another_time_zone_moves_no_charge_out_of_or_into_two_months(office: Office) -> None:
    ada = await office.customer()
    await set_up(ada, timeZone="Pacific/Kiritimati")  # 14 hours ahead
    office.go_to("2026-10-31 09:59")
    await office.charge(ada)
    office.go_to("2026-10-31 12:00")
    await office.charge(ada, sku="page")
    october = by_place(await month(ada, "2026-10"))["paris"]
    await set_up(ada, timeZone="America/Los_Angeles")
    office.go_to("2026-12-01 08:00")
    november = by_place(await month(ada, "2026-11"))["paris"]

    assert items(october) == [("2026-10", "report", 1, 2)]
    assert items(november) == [("2026-11", "page", 1, Decimal("0.01"))]
    assert november["periodStart"] == october["periodEnd"]
    assert november["periodEnd"] == "2026-12-01T08:00:00.000Z"


@given(
    st.sampled_from(["UTC", "Europe/Paris", "Pacific/Kiritimati", "America/St_Johns"]),
    st.sampled_from(["UTC", "Asia/Kathmandu", "Pacific/Pago_Pago"]),
    st.integers(2**50, 2**51),
    st.integers(0, 14),
)
def test_months_tile_time_whatever_the_zones(one: str, two: str, start: int, count: int) -> None:
    """Each point in time is in one month, also where the zone was changed."""
    closed: list[Period] = []
    zone = ZoneInfo(one)
    for later in range(count):
        closed.append(Calendar(closed, zone).period(month_of(start, zone) + later))
    calendar = Calendar(closed, ZoneInfo(two))
    months = range(month_of(start, UTC) - 3, month_of(start, UTC) + count + 3)
    periods = [calendar.period(one) for one in months]

    for before, after in pairwise(periods):
        assert before.ends == after.starts
        assert calendar.month_of(before.starts) == calendar.month_of(before.ends - 1)
    assert calendar.month_of(start) in months
