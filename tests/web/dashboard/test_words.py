"""What pages say is so: no figure of something else, no colour of what is off, no field's code."""

import re
from dataclasses import replace

import pytest

from prepaid.domain.company.requests import parse_company, parse_onboarding
from prepaid.domain.refusals import Refusal
from prepaid.web.dashboard import shown
from prepaid.web.dashboard.chart_data import chart
from prepaid.web.dashboard.developers import EXAMPLES
from tests.kit import pages
from tests.kit.door import Door
from tests.kit.pages import text_of

CONFIG = "/v2/billing/notifications/config"


def test_the_example_of_a_paid_request_is_accepted() -> None:
    """It is copied by who tries the service for the first time."""
    found = (EXAMPLES["company"], parse_company), (EXAMPLES["onboarding"], parse_onboarding)
    for body, parse in found:
        parse(body.encode(), has_test=False)
        with pytest.raises(Refusal, match="is needed"):
            parse(b"", has_test=False)


def test_a_series_of_nothing_is_left_out_of_a_chart() -> None:
    drawn = chart(0, 2, [("busy", [0, 1_000_000]), ("idle", [0, 0])])

    assert [one.name for one in drawn.series] == ["busy"]
    assert drawn.days == ["1970-01-01", "1970-01-02"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(2_592_000, "30 days"), (90, "90 seconds"), (1, "1 second")]
)
def test_a_length_of_time_is_told_in_the_largest_whole_unit(seconds: int, words: str) -> None:
    assert shown.length(seconds) == words


async def test_an_unknown_workspace_shows_no_figures_of_others(door: Door) -> None:
    """Everybody's totals under the typed name would be read as that workspace's."""
    ada = await door.customer()
    await door.charge(ada, credits=2.5, settle=True)
    async with pages.admin(door, ada) as person:
        known = text_of(await person.see("/usage?workspace=default"))
        answer = await person.see("/usage?workspace=nobody&sku=report&endDate=2026-01-31")

    assert "Credits used" in known
    assert answer.status_code == 400
    assert "Credits used" not in answer.text
    assert "2.5" not in text_of(answer)
    assert 'value="nobody"' in answer.text
    assert 'value="report"' in answer.text
    assert 'value="2026-01-31"' in answer.text
    assert re.search(r"<div>[A-Z][^<]*nobody[^<]*\.</div>", text_of(answer))


@pytest.mark.parametrize("is_on", [True, False])
async def test_a_tier_is_armed_only_while_its_rule_is_on(lite: Door, *, is_on: bool) -> None:
    ada = await lite.customer(cents=1_000_000)
    switches = {"lowBalanceEnabled": is_on, "globalHighUsageEnabled": is_on}
    assert (await ada.ask("PATCH", CONFIG, json=switches)).is_success
    async with pages.admin(lite, ada) as person:
        found = [(await person.see(path)).text for path in ("", "/billing")]

    for page in found:
        assert (">armed<" in page) is is_on


async def test_whose_alerts_workspaces_follow_is_one_sentence(lite: Door) -> None:
    ada = await lite.customer()
    said = []
    async with pages.admin(lite, ada) as person:
        for is_on in (False, True):
            await ada.ask("PATCH", CONFIG, json={"highUsageEnabled": is_on})
            said.append(text_of(await person.see("/billing/workspaces")))

    assert "All follow the account, whose alerts are off" in said[0]
    assert "All follow the account, whose alerts are on" in said[1]


async def test_a_refused_limit_names_its_field_by_its_label(lite: Door) -> None:
    ada = await lite.customer()
    (row,) = (await ada.ask("GET", "/v2/workspaces")).json()
    async with pages.admin(lite, ada) as person:
        place = f"/workspaces/{row['id']}/limit"
        answer = await person.send(place, form="limit", cents="-1", period="60")

    assert answer.status_code == 400
    assert "“At most” must be an amount of credits" in text_of(answer)


async def test_a_spend_limit_tells_what_was_refused(door: Door) -> None:
    """The limit, what was spent of it, and the charge: three amounts that are not one another."""
    ada = await door.customer()
    limit = {"spendLimit": {"cents": 350, "periodMinutes": 60}}
    assert (await ada.ask("PATCH", "/v2/workspaces/default", json=limit)).is_success
    await door.charge(ada, workspace="default", credits=3, settle=True)
    refused = await door.charge(ada, workspace="default", credits=1, settle=True)
    assert refused.status_code == 402
    (row,) = (await ada.ask("GET", "/v2/billing/notifications/recent")).json()
    words = "default was refused a charge of 1.00 credits: it spent 3.00, and its limit is 3.50."
    async with pages.admin(door, ada) as person:
        told = [text_of(await person.see(path)) for path in ("", "/notifications")]
        one = await person.see(f"/notifications/{row['id']}")

    for page in (*told, text_of(one)):
        assert words in page
    for amount in ("3.5", "3", "1"):
        assert f'value="{amount}"' in one.text
    assert "By no single charge" not in one.text
    assert "Room for it" in one.text


async def test_without_a_mail_server_no_link_is_offered(lite: Door) -> None:
    """A form that sends nothing would be waited for."""
    async with pages.nobody(lite) as client:
        without = await client.get("/dashboard/sign-in")
    lite.shop.desk = replace(lite.shop.desk, sends_mail=True)
    async with pages.nobody(lite) as client:
        with_mail = await client.get("/dashboard/sign-in")

    assert "Send me a link" not in without.text
    assert "Ask whoever runs it" in without.text
    assert "Send me a link" in with_mail.text


async def test_statements_are_told_in_their_currency(lite: Door) -> None:
    ada = await lite.customer()
    await lite.charge(ada, workspace="default", credits=7.2, settle=True)
    async with pages.admin(lite, ada) as person:
        page = text_of(await person.see("/statements"))
    month = (await ada.ask("GET", "/v2/billing/statements/months")).json()[0]["month"]
    year, number = month.split("-")

    assert "7.20 EUR" in page
    assert shown.month(int(year) * 12 + int(number) - 1) in page
    assert shown.month(2026 * 12 + 10) == "November 2026"


async def test_how_long_the_balance_lasts_is_not_told_by_minutes(lite: Door) -> None:
    """What three minutes of trying cost is no habit."""
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        idle = text_of(await person.see(""))
        await lite.charge(ada, settle=True)
        early = text_of(await person.see(""))
        await lite.operator("POST", ada.place + "/clock", {"advanceSeconds": 86_400})
        later = text_of(await person.see(""))

    assert "nothing was spent in 7 days" in idle
    assert "too early to tell" in early
    assert "credits a day" in later
    assert "in the last 24 hours" in later


@pytest.mark.parametrize(("many", "words"), [(60, "hour"), (120, "2 hours"), (1_440, "24 hours")])
def test_one_hour_is_the_last_hour(many: int, words: str) -> None:
    assert shown.last(many) == words
