"""The report by day or month: each row is the report of that period, and they add up exactly."""

import csv
import io
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prepaid.store import usage
from tests.kit.door import USAGE, Door, fields, spent
from tests.web.test_charge_lists import CSV, last_day
from tests.web.test_report_is_ledger import STEPS, Story

Cell = tuple[str | None, bool, str]


def cells(report: Any) -> dict[Cell, list[Any]]:
    """Count and credits by workspace and SKU, over all rows."""
    found: dict[Cell, list[Any]] = defaultdict(lambda: [0, Decimal(0)])
    for row in report:
        place = row["workspace"] or {"name": None}
        assert row["totalRequests"] == sum(line["count"] for line in row["breakdown"])
        assert row["totalCreditsUsed"] == sum(line["totalCredits"] for line in row["breakdown"])
        for line in row["breakdown"]:
            sums = found[place["name"], place.get("archived", False), line["sku"]]
            sums[0] += line["count"]
            sums[1] += line["totalCredits"]
    return dict(found)


@pytest.mark.timeout(420)  # a failure is made smaller before it is shown, which takes its time
@given(steps=STEPS, data=st.data())
@settings(
    max_examples=settings().max_examples // 3,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_periods_add_up_to_the_whole(
    door: Door, steps: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    """Whatever part of the year is asked for, and where in a day it begins and ends."""
    story = Story(door, await door.customer(10**8))
    for step in steps:
        await story.step(*step)
    ada, facts = story.ada, await story.facts()
    times = sorted({one["reservedAt"] for one in facts}) or ["2026-01-01T00:00:00.000000Z"]
    moments = times + [time[:10] for time in times] + [time[:8] + "01" for time in times]
    start, end = data.draw(st.sampled_from(moments)), data.draw(st.sampled_from(moments))
    asked = {} if start > end else {"startDate": start, "endDate": end}
    whole = await ada.usage(**asked)
    for grain, length in (("day", 10), ("month", 7)):
        report = await ada.usage(groupBy=grain, **asked)
        assert cells(report) == cells(whole)
        periods = [row["period"] for row in report]
        assert periods == sorted(periods)
        assert all(len(period) == length for period in periods)
        assert all(row["breakdown"] for row in report)
        if asked or not report:
            continue
        period = data.draw(st.sampled_from(periods))
        days = (period, period) if grain == "day" else (f"{period}-01", last_day(period))
        alone = await ada.usage(startDate=days[0], endDate=days[1])
        assert cells(alone) == cells([row for row in report if row["period"] == period])


async def test_parts_of_two_months_stay_apart(door: Door) -> None:
    """From the middle of one to the middle of the next there is no whole month to read."""
    ada = await door.customer(10_000)
    for day in ("2026-09-20", "2026-10-05", "2026-10-06"):
        await door.import_usage(ada, day + "T10:00:00Z")
    report = await ada.usage(groupBy="month", startDate="2026-09-15", endDate="2026-10-10")

    assert [(row["period"], row["totalRequests"]) for row in report] == [
        ("2026-09", 1),
        ("2026-10", 2),
    ]


async def test_csv_has_the_same_lines_as_json(door: Door) -> None:
    ada = await door.customer(10_000)
    await ada.workspace("paris", 'Café \u00c5, "ltd"\u200f')
    for day in ("2026-09-30T23:59:59.999999Z", "2026-10-01T00:00:00Z", "2026-10-31T12:00:00Z"):
        for name in ("paris", None):
            await door.import_usage(ada, day, workspace=name, sku="page", quantity=3)
    rows: Any = []
    for params in ({}, {"groupBy": "day"}, {"groupBy": "month", "workspace": "paris"}):
        rows = await ada.usage(**params)
        answer = await ada.client.get(USAGE, headers={"x-api-key": ada.key} | CSV, params=params)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.content.endswith(b"\r\n")
        lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))

        told = [
            (
                row.get("period"),
                (row["workspace"] or {"name": ""})["name"],
                (row["workspace"] or {"legalName": ""})["legalName"],
                line["sku"],
                str(line["count"]),
                line["totalCredits"],
            )
            for row in rows
            for line in row["breakdown"]
        ]
        assert [
            (
                line.get("period"),
                line["workspace"],
                line["legalName"],
                line["sku"],
                line["count"],
                Decimal(line["credits"]),
            )
            for line in lines
        ] == told
    months = [(row["period"], row["totalRequests"]) for row in rows]
    assert months == [("2026-09", 1), ("2026-10", 2)]
    wide = await ada.usage(groupBy="day")
    assert [row["period"] for row in wide if row["workspace"] is None] == [
        "2026-09-30",
        "2026-10-01",
        "2026-10-31",
    ]


async def test_a_report_of_too_many_lines_is_refused_not_begun(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Years by day, of many clients and SKUs, would fill the memory of whoever asks."""
    monkeypatch.setattr(usage, "LINES_MAX", 2)
    ada = await door.customer(10_000)
    for day in ("2026-08-01", "2026-08-02", "2026-08-03"):
        await door.import_usage(ada, day + "T10:00:00Z")
    refused = await ada.ask("GET", USAGE, params={"groupBy": "day"})

    assert (refused.status_code, fields(refused)) == (400, ["groupBy"])
    assert spent(await ada.usage(groupBy="month")) == {"default": 6}
    assert len(await ada.usage(groupBy="day", startDate="2026-08-02")) == 2
    wrong = await ada.ask("GET", USAGE, params={"groupBy": "week"})
    assert fields(wrong) == ["groupBy"]
