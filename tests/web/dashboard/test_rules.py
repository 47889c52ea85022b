"""The rules on the billing page are those of the API: what is saved, refused, tried and told."""

import pytest

from tests.kit import pages
from tests.kit.door import Customer, Door
from tests.kit.pages import text_of
from tests.web.examples import ALERTS

CONFIG = ALERTS + "/config"
LOW = "/billing/rules/low-balance"
ALL = "/billing/rules/account-usage"
EACH = "/billing/rules/workspace-usage"
NEWS = "/billing/rules/topup-news"
ON = {"Enabled": "true", "EmailEnabled": "true", "WebhookEnabled": "false"}


def low(*tiers: tuple[str, str], **more: str) -> dict[str, str]:
    """The form of the balance, as a browser sends it."""
    return {"form": "low-balance"} | switches("lowBalance") | rows("lowBalanceTiers", tiers) | more


def usage(
    prefix: str, *tiers: tuple[str, str], window: str = "90", unit: str = "minutes"
) -> dict[str, str]:
    """The form of spend."""
    form = "account-usage" if prefix == "globalHighUsage" else "workspace-usage"
    period = {f"{prefix}PeriodMinutes": window, "periodUnit": unit}
    return {"form": form} | switches(prefix) | period | rows(f"{prefix}Tiers", tiers)


def switches(prefix: str) -> dict[str, str]:
    return {prefix + end: value for end, value in ON.items()}


def rows(name: str, tiers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    pairs = [(f"{name}[{n}]", tier) for n, tier in enumerate([*tiers, ("", "")])]
    return {f"{at}.tier": tier for at, (tier, _) in pairs} | {
        f"{at}.cents": credits for at, (_, credits) in pairs
    }


async def config(who: Customer) -> dict[str, object]:
    found: dict[str, object] = (await who.ask("GET", CONFIG)).json()
    return found


async def test_each_kind_is_saved_and_no_other_is_touched(door: Door) -> None:
    """A tier may be added, removed and moved; credits are cents, hours and days are minutes."""
    ada = await door.customer()
    before = await config(ada)
    async with pages.admin(door, ada) as person:
        forms = [
            (LOW, low(("warning", "1,000"), ("mine", "12.50"), ("depleted", "0"))),
            (
                ALL,
                usage("globalHighUsage", ("big", "5"), ("small", "2"), window="36", unit="hours"),
            ),
            (EACH, usage("highUsage", ("warning", "1.01"), window="30", unit="days")),
            (NEWS, {"autoTopupNotificationsEnabled": "true", "autoTopupEmailEnabled": "false"}),
        ]
        answers = [await person.send(path, **fields) for path, fields in forms]
        said = text_of(await person.see("/audit"))

    assert [answer.status_code for answer in answers] == [303] * 4
    assert await config(ada) == before | {
        "lowBalanceEnabled": True,
        "lowBalanceWebhookEnabled": False,
        "lowBalanceTiers": [
            {"tier": "warning", "cents": 100_000},
            {"tier": "mine", "cents": 1_250},
            {"tier": "depleted", "cents": 0},
        ],
        "globalHighUsageEnabled": True,
        "globalHighUsageWebhookEnabled": False,
        "globalHighUsagePeriodMinutes": 36 * 60,
        "globalHighUsageTiers": [{"tier": "big", "cents": 500}, {"tier": "small", "cents": 200}],
        "highUsageEnabled": True,
        "highUsageWebhookEnabled": False,
        "highUsagePeriodMinutes": 43_200,
        "highUsageTiers": [{"tier": "warning", "cents": 101}],
        "autoTopupNotificationsEnabled": True,
        "autoTopupEmailEnabled": False,
    }
    assert said.count("notification rules changed") == 4
    assert "tiers: warning 1,000.00 → warning 1,000.00, mine 12.50, depleted 0.00" in said
    assert "window: 24 hours → 36 hours" in said
    assert "switch: off → on" in said


WRONG = [
    (LOW, low(), "at least one tier"),
    (LOW, low(("Big", "1")), "begin with a small letter"),
    (LOW, low(("<script>alert(1)</script>", "1")), "begin with a small letter"),
    (LOW, low(("warning", "")), "is required"),
    (LOW, low(("", "5")), "is required"),
    (LOW, low(("warning", "-1")), "at least 0"),
    (LOW, low(("warning", "1.005")), "at most 2 decimals"),
    (LOW, low(("warning", "lots")), "amount of credits"),
    (LOW, low(("warning", "9" * 40)), "too large"),
    (LOW, low(("warning", "1"), ("warning", "2")), "unique"),
    (LOW, low(*((f"tier_{n}", "1") for n in range(11))), "at most 10 rows"),
    (LOW, low(("warning", "1"), lowBalanceEnabled="perhaps"), "enabled must be true or false"),
    (LOW, low(("warning", "1"), color="red"), "color is not a field"),
    (ALL, usage("globalHighUsage", ("warning", "1"), window="4"), "5 minutes to 30 days"),
    (
        ALL,
        usage("globalHighUsage", ("warning", "1"), window="31", unit="days"),
        "5 minutes to 30 days",
    ),
    (ALL, usage("globalHighUsage", ("warning", "1"), window=""), "is required"),
    (ALL, usage("globalHighUsage", ("warning", "1"), window="1.5"), "whole number"),
    (ALL, usage("globalHighUsage", ("warning", "1"), unit="weeks"), "period unit"),
    (EACH, usage("highUsage", *((f"t{n}", "1") for n in range(6))), "at most 5 rows"),
]


async def test_wrong_values_are_told_and_nothing_is_changed(lite: Door) -> None:
    """Neither saved nor tried; what was typed stays, and what is wrong is said in its place."""
    ada = await lite.customer()
    before = await config(ada)
    async with pages.admin(lite, ada) as person:
        for path, fields, words in WRONG:
            for end in ("", "/preview"):
                answer = await person.send(path + end, **fields)

                assert answer.status_code == 400, (end, words)
                assert words in text_of(answer), (end, words)
                assert "<script>alert" not in answer.text
        said = text_of(await person.see("/audit"))
    assert await config(ada) == before
    assert "notification rules changed" not in said


async def test_an_error_stands_beside_its_field(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        fields = low(("warning", "100"), ("critical", "oops"))
        answer = await person.send(LOW, **fields)

    wrong = answer.text.partition('value="oops"')[2][:200]
    assert 'aria-invalid="true"' in wrong
    assert 'aria-describedby="low-balance-lowBalanceTiers[1]-error"' in wrong
    assert 'id="low-balance-lowBalanceTiers[1]-error"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 1


async def test_saving_what_is_so_already_is_no_change(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        for _ in range(2):
            assert (await person.send(LOW, **low(("warning", "5")))).status_code == 303
        said = text_of(await person.see("/audit"))

    assert said.count("notification rules changed") == 1


async def test_a_form_says_nothing_of_another_kind(lite: Door) -> None:
    """Each card saves its own; a field that was slipped in is left alone."""
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        await person.send(LOW, **low(("warning", "5"), highUsageEnabled="true"))

    assert (await config(ada))["highUsageEnabled"] is False


async def test_a_preview_tells_what_the_api_does_and_saves_nothing(door: Door) -> None:
    """Tried as if it were switched on, and said so: that is what one wants to know before."""
    ada = await door.customer(cents=10_000)
    await ada.workspace("acme")
    for workspace in ("acme", "acme", "default"):
        await door.charge(ada, "report", workspace=workspace, settle=True)
    before = await config(ada)
    tiers = (("page", "4"), ("warning", "6"), ("never", "500"))
    async with pages.admin(door, ada) as person:
        shown = await person.send(f"{ALL}/preview", **usage("globalHighUsage", *tiers))
        each = await person.send(f"{EACH}/preview", **usage("highUsage", ("warning", "4")))
        off = await person.send(
            f"{LOW}/preview", **low(("warning", "97"), lowBalanceEnabled="false")
        )
        said = text_of(await person.see("/audit"))
    told = await ada.ask(
        "POST",
        ALERTS + "/preview",
        json={
            "globalHighUsageEnabled": True,
            "globalHighUsageTiers": [{"tier": t, "cents": int(c) * 100} for t, c in tiers],
        },
    )

    assert len(told.json()["notifications"]) == 2
    assert "They would have sent <b>2 notifications</b>" in shown.text
    assert "page 1, warning 1" in shown.text
    assert "The account spent 6.00 credits within 90 minutes" in text_of(shown)
    assert 'value="never"' in shown.text, "what was typed stays"
    assert "<b>1 notification</b>" in each.text
    assert "acme spent 4.00 credits" in text_of(each)
    assert "They are switched off. Switched on, they would have sent <b>1 notification</b>" in (
        off.text
    )
    assert await config(ada) == before
    assert "notification rules changed" not in said


async def test_the_page_shows_rules_and_how_tiers_stand(door: Door) -> None:
    """The numbers of `/config` and `/state`."""
    ada = await door.customer(cents=1_000)
    change = {
        "lowBalanceEnabled": True,
        "lowBalanceTiers": [{"tier": "warning", "cents": 900}, {"tier": "critical", "cents": 100}],
        "globalHighUsagePeriodMinutes": 90,
    }
    await ada.ask("PATCH", CONFIG, json=change)
    await door.charge(ada, "report", settle=True)
    async with pages.admin(door, ada) as person:
        shown = await person.see("/billing")

    text = text_of(shown)
    assert "8.00" in text
    assert 'value="9"' in shown.text
    assert "fired" in text
    assert "7.00" in text, "critical is so far away"
    assert "spent in the last 90 minutes" in text
    assert "<option selected>minutes</option>" in shown.text


@pytest.mark.parametrize("path", ["/billing/rules/other", f"{NEWS}/preview"])
async def test_a_kind_that_there_is_not_is_not_found(lite: Door, path: str) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        answer = await person.send(path, autoTopupEmailEnabled="false")

    assert answer.status_code == 404
    assert (await config(ada))["autoTopupEmailEnabled"] is True
