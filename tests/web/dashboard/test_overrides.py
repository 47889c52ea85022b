"""Rules of a single workspace: own ones, inherited ones, and the way back."""

from typing import Any

from tests.kit import pages
from tests.kit.door import Customer, Door
from tests.kit.pages import Person, text_of
from tests.web.examples import ALERTS

HOSTILE = ["<script>alert(1)</script>", "\u202eevil", "W" * 255]
BLANK = {
    "form": "override",
    "highUsageEnabled": "",
    "highUsageEmailEnabled": "",
    "highUsageWebhookEnabled": "",
    "highUsagePeriodMinutes": "",
    "periodUnit": "hours",
    "highUsageTiers[0].tier": "",
    "highUsageTiers[0].cents": "",
}


async def place(who: Customer, name: str = "acme") -> str:
    rows = (await who.ask("GET", "/v2/workspaces")).json()
    number = next(row["id"] for row in rows if row["name"] == name)
    return f"/workspaces/{number}/alerts"


async def override(who: Customer, name: str = "acme") -> Any:
    answer = await who.ask("GET", f"{ALERTS}/workspaces/{name}/config")
    found = answer.json()["workspaceOverride"]
    return found and {field: value for field, value in found.items() if field[:4] == "high"}


async def send(person: Person, path: str, **fields: str) -> Any:
    return await person.send(path, **BLANK | fields)


async def test_own_rules_and_back_to_inheriting(door: Door) -> None:
    """What is blank is inherited, and the page says which is which."""
    ada = await door.customer()
    await ada.workspace("acme", "Acme")
    async with pages.admin(door, ada) as person:
        here = await place(ada)
        plain = text_of(await person.see(here))
        tier = {"highUsageTiers[0].tier": "mine", "highUsageTiers[0].cents": "12.5"}
        saved = await send(
            person, here, highUsageEnabled="true", highUsagePeriodMinutes="2", **tier
        )
        own = await override(ada)
        shown = text_of(await person.see(here))
        listed = text_of(await person.see("/billing/workspaces?own=true"))
        again = await person.send(f"{here}/inherit")
        twice = await person.send(f"{here}/inherit")
        said = text_of(await person.see("/audit"))

    assert "inherits all" in plain
    assert "Inherit everything again" not in plain
    assert saved.status_code == again.status_code == twice.status_code == 303
    assert own == {
        "highUsageEnabled": True,
        "highUsageEmailEnabled": None,
        "highUsageWebhookEnabled": None,
        "highUsagePeriodMinutes": 120,
        "highUsageTiers": [{"tier": "mine", "cents": 1_250}],
    }
    assert "own rules" in shown
    assert "Inherit everything again" in shown
    assert "spent in the last 2 hours" in shown
    assert "acme" in listed
    assert "Ada" not in listed.partition("<table>")[2], "default has none of its own"
    assert await override(ada) is None
    assert said.count("workspace rules changed") == said.count("workspace rules removed") == 1
    assert "window: inherited → 2 hours; tiers: inherited → mine 12.50" in said


async def test_blanking_every_field_inherits_everything(lite: Door) -> None:
    ada = await lite.customer()
    await ada.workspace("acme", "Acme")
    async with pages.admin(lite, ada) as person:
        here = await place(ada)
        await send(person, here, highUsageEnabled="false")
        assert (await override(ada))["highUsageEnabled"] is False
        await send(person, here)

    assert await override(ada) is None


WRONG = [
    ({"highUsagePeriodMinutes": "721"}, "5 minutes to 30 days"),
    ({"highUsagePeriodMinutes": "soon"}, "whole number"),
    ({"highUsageEnabled": "perhaps"}, "high usage enabled must be true or false"),
    ({"highUsageTiers[0].tier": "mine"}, "is required"),
    ({"highUsageTiers[0].tier": "Mine", "highUsageTiers[0].cents": "1"}, "small letter"),
    ({"lowBalanceEnabled": "true"}, "low balance enabled is not a field"),
]


async def test_wrong_values_change_nothing(lite: Door) -> None:
    ada = await lite.customer()
    await ada.workspace("acme", "Acme")
    async with pages.admin(lite, ada) as person:
        here = await place(ada)
        for fields, words in WRONG:
            for end in ("", "/preview"):
                answer = await send(person, here + end, **fields)

                assert answer.status_code == 400, (end, words)
                assert words in text_of(answer), (end, words)
    assert await override(ada) is None


async def test_a_preview_is_of_this_workspace_alone(door: Door) -> None:
    """Its own tiers in place of the account's; another workspace's spend is not counted."""
    ada = await door.customer(cents=10_000)
    await ada.workspace("acme", "Acme")
    for workspace in ("acme", "acme", "default", "default", "default"):
        await door.charge(ada, "report", workspace=workspace, settle=True)
    async with pages.admin(door, ada) as person:
        tier = {"highUsageTiers[0].tier": "mine", "highUsageTiers[0].cents": "4"}
        more = {"highUsageTiers[1].tier": "never", "highUsageTiers[1].cents": "5"}
        shown = await send(person, await place(ada) + "/preview", **tier, **more)

    assert "<b>1 notification</b>: mine 1" in shown.text
    assert "They are switched off" in shown.text, "as the account has it"
    assert "acme spent 4.00 credits" in text_of(shown)
    assert await override(ada) is None


async def test_only_active_workspaces_of_the_account_have_rules(lite: Door) -> None:
    """An id of another account is not found below one's own, neither is an archived one."""
    ada, bob = await lite.customer(), await lite.customer()
    for who in (ada, bob):  # so that their numbers are the same, and only the account differs
        for name in ("acme", "globex"):
            await who.workspace(name, "A client")
    theirs, gone = await place(bob, "globex"), await place(ada)
    await ada.ask("DELETE", "/v2/workspaces/acme")
    async with pages.admin(lite, ada) as person:
        for path in (theirs, gone, "/workspaces/ws_nonsense/alerts"):
            assert (await person.see(path)).status_code == 404
            for end in ("", "/preview", "/inherit"):
                answer = await send(person, path + end, highUsageEnabled="true")
                assert answer.status_code == 404

    assert await override(bob, "globex") is await override(ada, "globex") is None


async def test_hostile_names_are_only_shown(lite: Door) -> None:
    ada = await lite.customer()
    for number, legal_name in enumerate(HOSTILE):
        await ada.workspace(f"client-{number}", legal_name)
    async with pages.admin(lite, ada) as person:
        listed = await person.see("/billing/workspaces")
        for number, legal_name in enumerate(HOSTILE):
            shown = await person.see(await place(ada, f"client-{number}"))

            assert legal_name in text_of(shown)
            assert legal_name in text_of(listed)
            assert "<script>alert" not in shown.text + listed.text


async def test_the_list_is_searched_and_paged(lite: Door) -> None:
    ada = await lite.customer()
    for number in range(30):
        await ada.workspace(f"client-{number}", f"Client {number}")
    async with pages.admin(lite, ada) as person:
        first = text_of(await person.see("/billing/workspaces"))
        second = text_of(await person.see("/billing/workspaces?page=2"))
        beyond = text_of(await person.see("/billing/workspaces?page=99"))
        found = text_of(await person.see("/billing/workspaces?search=CLIENT+17"))
        none = text_of(await person.see("/billing/workspaces?search=nobody"))
        wrong = await person.see("/billing/workspaces?page=x")

    assert "31 workspaces" in first
    assert "client-29" not in first
    assert "client-29" in second
    assert "client-29" in beyond
    assert "client-17" in found
    assert "1 workspace" in found
    assert "No workspace is like that" in none
    assert wrong.status_code == 400
