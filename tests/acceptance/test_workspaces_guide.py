"""The guide's statements on workspaces and their usage report, one by one."""

from collections.abc import AsyncIterator

import pytest

from tests.kit.door import Door, code, fields, opened_door, spent
from tests.kit.shop import Shop


@pytest.fixture
async def door(shop: Shop) -> AsyncIterator[Door]:
    async with opened_door(shop) as made:
        yield made


async def test_post_creates_a_workspace_with_a_name_and_a_legal_entity_name(door: Door) -> None:
    ada = await door.customer()
    made = await ada.workspace("acme-paris", "Acme Paris SAS")

    assert made.status_code == 201
    body = made.json()
    assert body.pop("id").startswith("ws_")
    assert body.pop("createdAt") == body.pop("updatedAt")
    guide = {"name": "acme-paris", "legalName": "Acme Paris SAS", "isDefault": False}
    assert {name: body[name] for name in guide} == guide


async def test_every_account_starts_with_a_default_workspace(door: Door) -> None:
    ada = await door.customer(name="Ada Holding")
    (only,) = (await ada.ask("GET", "/v2/workspaces")).json()

    assert (only["name"], only["isDefault"]) == ("default", True)
    assert only["legalName"] == "Ada Holding"


async def test_you_can_create_additional_workspaces_and_list_them(door: Door) -> None:
    ada = await door.customer()
    made = [(await ada.workspace(name)).json() for name in ("paris", "berlin")]
    listed = (await ada.ask("GET", "/v2/workspaces")).json()

    assert [row["name"] for row in listed] == ["default", "paris", "berlin"]
    assert listed[1:] == made


async def test_names_are_alphanumeric_with_hyphens_and_underscores(door: Door) -> None:
    ada = await door.customer(0)
    for name in ("a", "A-b_9", "-", "_", "0" * 64, "Default", "usage"):
        made = await ada.workspace(name)
        patched = await ada.ask("PATCH", f"/v2/workspaces/{name}", json={"legalName": "Other"})

        assert (made.status_code, patched.status_code) == (201, 200)
        assert patched.json()["id"] == made.json()["id"]


async def test_any_other_name_is_refused(door: Door) -> None:
    ada = await door.customer(0)
    for name in ("", "a b", "a.b", "a/b", "é", "a\n", "\n", "a\0", "\uff41", "0" * 65):
        made = await ada.workspace(name)

        assert (made.status_code, code(made), fields(made)) == (400, "invalid_request", ["name"])


async def test_the_name_default_is_reserved(door: Door) -> None:
    ada = await door.customer(0)
    made = await ada.workspace("default")

    assert (made.status_code, code(made)) == (400, "workspace_name_reserved")


async def test_the_identifier_is_unique_within_the_account(door: Door) -> None:
    ada, bob = await door.customer(0), await door.customer(0)
    first, again = await ada.workspace("paris"), await ada.workspace("paris")

    assert first.status_code == 201
    assert (again.status_code, code(again)) == (409, "workspace_exists")
    assert (await bob.workspace("paris")).status_code == 201


async def test_a_legal_name_has_at_most_255_characters(door: Door) -> None:
    ada = await door.customer(0)
    made = [await ada.workspace(f"w{length}", "é" * length) for length in (1, 255, 0, 256)]

    assert [answer.status_code for answer in made] == [201, 201, 400, 400]
    assert [fields(answer) for answer in made[2:]] == [["legalName"]] * 2


async def test_update_the_legal_name_associated_with_a_workspace(door: Door) -> None:
    ada = await door.customer(0)
    await ada.workspace("paris", "Acme Paris")
    patched = await ada.ask("PATCH", "/v2/workspaces/paris", json={"legalName": "Acme Paris SAS"})
    untouched = await ada.ask("PATCH", "/v2/workspaces/paris", json={})
    unknown = await ada.ask("PATCH", "/v2/workspaces/london", json={"legalName": "Acme"})
    listed = (await ada.ask("GET", "/v2/workspaces")).json()

    assert patched.status_code == untouched.status_code == 200
    assert patched.json()["legalName"] == "Acme Paris SAS"
    assert listed[1] == patched.json() == untouched.json()
    assert (unknown.status_code, code(unknown)) == (404, "not_found")


async def test_delete_a_workspace(door: Door) -> None:
    ada = await door.customer(0)
    await ada.workspace("paris")
    deleted = await ada.ask("DELETE", "/v2/workspaces/paris")
    again = await ada.ask("DELETE", "/v2/workspaces/paris")
    listed = (await ada.ask("GET", "/v2/workspaces")).json()

    assert (deleted.status_code, deleted.json()) == (200, {"ok": True})
    assert again.status_code == 404
    assert [row["name"] for row in listed] == ["default"]


async def test_the_default_workspace_cannot_be_deleted(door: Door) -> None:
    ada = await door.customer(0)
    refused = await ada.ask("DELETE", "/v2/workspaces/default")

    assert (refused.status_code, code(refused)) == (409, "default_workspace")


async def test_if_omitted_requests_go_to_the_default_workspace(door: Door) -> None:
    ada = await door.customer()
    await ada.workspace("paris")
    charged = await door.charge(ada)

    assert charged.json()["workspace"]["name"] == "default"
    assert spent(await ada.usage()) == {"default": 2}


async def test_if_the_workspace_name_does_not_exist_the_answer_is_400(door: Door) -> None:
    ada, bob = await door.customer(), await door.customer()
    await bob.workspace("paris")
    refused = await door.charge(ada, workspace="paris")

    assert (refused.status_code, code(refused)) == (400, "workspace_not_found")
    assert fields(refused) == ["workspace"]
    assert (await ada.balance())["balanceInCreditCents"] == 1000


async def test_the_workspace_is_returned_in_every_answer(door: Door) -> None:
    ada = await door.customer()
    made = (await ada.workspace("paris", "Acme Paris SAS")).json()
    charged = (await door.charge(ada, workspace="paris")).json()
    place = f"/v2/operator/charges/{charged['id']}"
    answers = [charged, (await door.operator("GET", place)).json()]
    answers += [
        (await door.operator("POST", f"{place}/{verb}", {})).json() for verb in ("settle", "refund")
    ]

    expected = {name: made[name] for name in ("id", "name", "legalName", "isDefault")}
    assert [answer["workspace"] for answer in answers] == [expected] * 4


async def test_the_report_breaks_all_credits_consumed_down_by_workspace(door: Door) -> None:
    ada = await door.customer()
    await ada.workspace("paris", "Acme Paris SAS")
    for sku, quantity in (("report", 1), ("page", 3), ("page", 1), ("free", 1)):
        await door.charge(ada, sku, workspace="paris", quantity=quantity, settle=True)
    await door.charge(ada, "page")
    default, paris = (await ada.ask("GET", "/v2/workspaces/usage")).json()

    assert default["totalCreditsUsed"] == 0.01
    assert paris == {
        "workspace": {"name": "paris", "legalName": "Acme Paris SAS", "isDefault": False},
        "totalCreditsUsed": 2.04,
        "totalRequests": 4,
        "breakdown": [
            {"sku": "free", "count": 1, "totalCredits": 0},
            {"sku": "page", "count": 2, "totalCredits": 0.04},
            {"sku": "report", "count": 1, "totalCredits": 2},
        ],
    }


async def test_charges_of_no_workspace_have_a_row_of_their_own(door: Door) -> None:
    """`workspace: null` is the account-wide bucket of the operator API."""
    ada = await door.customer()
    charged = await door.charge(ada, workspace=None)
    default, bucket = await ada.usage()
    named = await ada.usage(workspace="default")

    assert charged.json()["workspace"] is None
    assert default["totalRequests"] == 0
    assert (bucket["workspace"], bucket["totalCreditsUsed"]) == (None, 2)
    assert [row["workspace"]["name"] for row in named] == ["default"]


async def test_legal_name_in_the_report_is_the_present_one(door: Door) -> None:
    ada = await door.customer()
    await ada.workspace("paris", "Acme Paris")
    await door.charge(ada, workspace="paris")
    await ada.ask("PATCH", "/v2/workspaces/paris", json={"legalName": "Acme Paris SAS"})

    (row,) = await ada.usage(workspace="paris")
    assert row["workspace"]["legalName"] == "Acme Paris SAS"


async def test_a_deleted_workspace_stays_in_the_report_when_it_had_usage(door: Door) -> None:
    ada = await door.customer()
    for name in ("used", "unused"):
        await ada.workspace(name)
    await door.charge(ada, workspace="used")
    for name in ("used", "unused"):
        await ada.ask("DELETE", f"/v2/workspaces/{name}")
    default, archived = await ada.usage()

    assert "archived" not in default["workspace"]
    assert archived["workspace"]["name"] == "used"
    assert archived["workspace"]["archived"] is True
    assert await ada.usage(workspace="unused") == []


async def test_a_name_used_again_returns_both_workspaces(door: Door) -> None:
    ada = await door.customer()
    ids = []
    for _ in range(2):
        ids.append((await ada.workspace("paris")).json()["id"])
        await door.charge(ada, workspace="paris")
        await ada.ask("DELETE", "/v2/workspaces/paris")
    await ada.workspace("paris")
    rows = await ada.usage(workspace="paris")

    assert ids[0] != ids[1]
    assert [row["workspace"].get("archived", False) for row in rows] == [True, True, False]
    assert [row["totalRequests"] for row in rows] == [1, 1, 0]


async def test_filter_by_workspace(door: Door) -> None:
    ada = await door.customer()
    for name in ("paris", "berlin"):
        await ada.workspace(name)
        await door.charge(ada, workspace=name)

    assert spent(await ada.usage(workspace="paris")) == {"paris": 2}


async def test_an_unknown_workspace_in_the_report_is_400(door: Door) -> None:
    ada = await door.customer()
    refused = await ada.ask("GET", "/v2/workspaces/usage?workspace=london")

    assert (refused.status_code, code(refused)) == (400, "workspace_not_found")
    assert fields(refused) == ["workspace"]
