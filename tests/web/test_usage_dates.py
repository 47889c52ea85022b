"""The usage report's period: which dates mean what, and which are refused."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.kit.door import USAGE, Door, code, fields, spent


def days_ago(days: int, clock: str = "00:00:00") -> str:
    """A date-time of a past UTC day."""
    return f"{date(days)}T{clock}Z"


def date(days: int) -> str:
    """A past UTC day."""
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%d")


async def test_filter_by_date_range_has_both_ends_included(door: Door) -> None:
    ada = await door.customer(10_000)
    for days, clock in (
        (5, "23:59:59.999999"),
        (4, "00:00:00"),
        (4, "23:59:59.999999"),
        (3, "12:00:00"),
        (2, "23:59:59.999999"),
        (1, "00:00:00"),
    ):
        result = await door.import_usage(ada, days_ago(days, clock))
        assert result["status"] == 201, result

    assert spent(await ada.usage(startDate=date(4), endDate=date(2))) == {"default": 8}
    assert spent(await ada.usage(startDate=date(4), endDate=date(4))) == {"default": 4}
    assert spent(await ada.usage(startDate=date(4))) == {"default": 10}
    assert spent(await ada.usage(endDate=date(4))) == {"default": 6}
    assert spent(await ada.usage()) == {"default": 12}


async def test_filter_by_date_time_has_the_end_excluded(door: Door) -> None:
    ada = await door.customer(10_000)
    for clock in ("10:00:00", "10:00:00.000001", "11:00:00"):
        await door.import_usage(ada, days_ago(3, clock))
    start, end = days_ago(3, "10:00:00"), days_ago(3, "11:00:00")

    assert spent(await ada.usage(startDate=start, endDate=end)) == {"default": 4}
    assert spent(await ada.usage(startDate=start, endDate=start)) == {}
    assert spent(await ada.usage(startDate=days_ago(3, "10:00:00.000001"))) == {"default": 4}
    assert spent(await ada.usage(startDate=start, endDate=date(3))) == {"default": 6}
    assert spent(await ada.usage(startDate=date(3), endDate=end)) == {"default": 4}
    shifted = f"{date(3)}T12:00:00+02:00"
    assert spent(await ada.usage(startDate=shifted, endDate=end)) == {"default": 4}


async def test_combine_filters(door: Door) -> None:
    ada = await door.customer(10_000)
    for name in ("paris", "berlin"):
        await ada.workspace(name)
        for days in (9, 5, 1):
            await door.import_usage(ada, days_ago(days, "08:30:00"), workspace=name)
    rows = await ada.usage(workspace="paris", startDate=date(6), endDate=days_ago(1, "08:30:00"))

    assert spent(rows) == {"paris": 2}


BAD = [
    "",
    " ",
    "2026",
    "2026-04",
    "2026-4-1",
    "20260401",
    "2026-02-30",
    "2026-13-01",
    "0000-01-01",
    "10000-01-01",
    "01-04-2026",
    "2026-04-01T10:00:00",
    "2026-04-01T24:00:00Z",
    "2026-04-01T10:00:00+24:00",
    "2026-04-01T10:00:00 Z",
    "1775001600",
    "today",
    "null",
    "2026-04-01\n",
    "2026-04-01\0",
    "\uff12026-04-01",
    "9" * 5000,
]


@pytest.mark.parametrize("field", ["startDate", "endDate"])
async def test_a_bad_date_is_refused_by_name(lite: Door, field: str) -> None:
    ada = await lite.customer(0)
    for text in BAD:
        refused = await ada.ask("GET", USAGE, params={field: text})

        assert (refused.status_code, code(refused)) == (400, "invalid_request"), text
        assert fields(refused) == [field]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-04-02", "2026-04-01"),
        ("2026-04-02", "2026-04-01T23:59:59Z"),
        ("2026-04-02T00:00:00Z", "2026-04-01"),
        ("2026-04-01T10:00:00.000001Z", "2026-04-01T10:00:00Z"),
        ("2026-04-01T10:00:00Z", "2026-04-01T11:00:00+02:00"),
    ],
)
async def test_start_date_after_end_date_is_refused(lite: Door, start: str, end: str) -> None:
    ada = await lite.customer(0)
    refused = await ada.ask("GET", USAGE, params={"startDate": start, "endDate": end})

    assert (refused.status_code, code(refused)) == (400, "invalid_request")
    assert fields(refused) == ["startDate"]


EDGES = [
    ("0001-01-01", "9999-12-31"),
    ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59"),
    ("1969-12-31T23:59:59Z", "2100-01-01"),
]


@pytest.mark.parametrize(("start", "end"), EDGES)
async def test_the_whole_calendar_can_be_asked_for(door: Door, start: str, end: str) -> None:
    ada = await door.customer()
    await door.charge(ada)

    assert spent(await ada.usage(startDate=start, endDate=end)) == {"default": 2}
    assert spent(await ada.usage(endDate="1969-12-31")) == {}
    assert spent(await ada.usage(startDate="9999-12-31")) == {}


@pytest.mark.parametrize("query", ["from=2026-04-01", "startDate=2026-04-01&startDate=2026-04-01"])
async def test_an_unknown_or_repeated_parameter_is_refused(lite: Door, query: str) -> None:
    """A misspelt filter must not give the whole report, nor one of two filters the other's."""
    ada = await lite.customer(0)
    refused = await ada.ask("GET", f"{USAGE}?{query}")

    assert (refused.status_code, fields(refused)) == (400, [query.split("=", maxsplit=1)[0]])


async def test_the_operator_reads_the_same_report(door: Door) -> None:
    ada = await door.customer()
    await door.charge(ada)
    read = await door.operator("GET", ada.place + "/usage", params={"workspace": "default"})
    unknown = await door.operator("GET", "/v2/operator/accounts/acc_0000000000000001/usage")

    assert read.json() == (await ada.ask("GET", USAGE)).json()
    assert (unknown.status_code, code(unknown)) == (404, "not_found")
