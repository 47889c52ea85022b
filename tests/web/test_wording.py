"""What a refusal says to who made a mistake: the fact and the need, in words of JSON."""

from typing import Any

import httpx

from tests.kit.door import CHARGES, OPERATOR, Door

JSON = {"content-type": "application/json"}
LIMITED = "/v2/workspaces"
ACCOUNTS = "/v2/operator/accounts"

ONE_OF = "one of spendLimit.period and spendLimit.periodMinutes must be given"
UNKNOWN = "is not a field of this request"


def limited(**limit: object) -> object:
    return {"name": "a", "legalName": "A", "spendLimit": {"cents": 750} | limit}


def charge(**fields: object) -> object:
    return {"accountId": "acc_", "sku": "x"} | fields


BODIES = [
    (LIMITED, limited(period="month"), "spendLimit.period must be calendar_month"),
    (LIMITED, limited(), ONE_OF),
    (LIMITED, limited(period="calendar_month", periodMinutes=60), f"only {ONE_OF}"),
    (CHARGES, charge(quantity=0), "quantity must be at least 1"),
    (CHARGES, charge(quantity=1_000_001), "quantity must be at most 1000000"),
    (CHARGES, charge(quantity="5"), "quantity must be a whole number, not text"),
    (CHARGES, charge(quantity=1.5), "quantity must be a whole number"),
    (CHARGES, charge(sku=5), "sku must be text, not a whole number"),
    (CHARGES, charge(settle="yes"), "settle must be true or false, not text"),
    (CHARGES, charge(credits="5"), "credits must be a number, not text"),
    (CHARGES, charge(metadata=[]), "metadata must be an object or null, not a list"),
    (
        CHARGES,
        charge(metadata={"a": {"b": 1}}),
        "every value of metadata must be text, not an object",
    ),
    (CHARGES, charge(workspce="x"), f"workspce {UNKNOWN}; did you mean workspace?"),
    (CHARGES, charge(other="x"), f"other {UNKNOWN}"),
    (CHARGES, [], "body must be an object, not a list"),
    (CHARGES + "/batch", {"charges": []}, "charges must have 1 to 1000 items"),
]
QUERIES = [
    ("/v2/workspaces/usage?groupBy=week", "groupBy must be one of day, month"),
    (
        "/v2/billing/charges?status=nope",
        "status must be one or several of held, settled, released, expired, with commas between",
    ),
    ("/v2/billing/charges?limit=many", "limit must be a whole number or null"),
    ("/v2/billing/charges?limit=1000", "limit must be at most 200"),
]
RAW = [
    (b"", "body is missing; send JSON"),
    (b" \n", "body is missing; send JSON"),
    (b'{"FIELD": "\xff"}', "body must be UTF-8"),
    (b"\xff\xfe", "body must be UTF-8"),
    (b"{", "body must be JSON: Input data was truncated"),
]

SETTLE, RELEASE = "/settle", "/release"
ENDINGS = [
    (RELEASE, SETTLE, "the charge is already released"),
    (SETTLE, RELEASE, "the charge is already settled"),
    (SETTLE, SETTLE, "the charge is already settled with other arguments"),
]


def said(answer: httpx.Response) -> Any:
    return answer.json()["error"]["message"]


async def test_a_wrong_body_is_told_what_it_needs(lite: Door) -> None:
    ada = await lite.customer()
    for path, body, message in BODIES:
        headers = OPERATOR if path.startswith(CHARGES) else {"x-api-key": ada.key}
        answer = await lite.client.post(path, headers=headers, json=body)

        assert said(answer) == message


async def test_a_wrong_query_is_told_what_it_needs(lite: Door) -> None:
    ada = await lite.customer()
    for path, message in QUERIES:
        assert said(await ada.ask("GET", path)) == message


async def test_what_is_no_json_is_told_why(lite: Door) -> None:
    """On the hot route as on any other."""
    for path, field in ((CHARGES, b"sku"), (ACCOUNTS, b"name")):
        for content, message in RAW:
            body = content.replace(b"FIELD", field)
            answer = await lite.client.post(path, headers=OPERATOR | JSON, content=body)

            assert said(answer) == message


async def test_a_charge_that_ended_otherwise_is_told_how(lite: Door) -> None:
    ada = await lite.customer()
    for first, then, message in ENDINGS:
        place = f"{CHARGES}/{(await lite.charge(ada)).json()['id']}"
        await lite.operator("POST", place + first, {})
        answer = await lite.operator("POST", place + then, {"credits": 1} if then == SETTLE else {})

        assert said(answer) == message


async def test_a_workspace_is_not_tagged_by_its_id(lite: Door) -> None:
    """Who has made one holds both, and would be told to make it again."""
    ada = await lite.customer()
    place = (await ada.workspace("acme")).json()["id"]

    assert said(await lite.charge(ada, workspace=place)).endswith("by name, not by id")
    assert said(await lite.charge(ada, workspace="ws_1")).endswith("create it first")


async def test_one_workspace_is_the_one_of_the_list(lite: Door) -> None:
    ada, eve = await lite.customer(), await lite.customer()
    made = (await ada.workspace("acme")).json()
    found = await ada.ask("GET", "/v2/workspaces/acme")

    assert (found.status_code, found.json()) == (200, made)
    assert (await eve.ask("GET", "/v2/workspaces/acme")).status_code == 404
    assert (await ada.ask("GET", "/v2/workspaces/nobody")).status_code == 404
    await ada.ask("DELETE", "/v2/workspaces/acme")
    assert (await ada.ask("GET", "/v2/workspaces/acme")).status_code == 404


async def test_a_browser_that_is_lost_gets_a_page(lite: Door) -> None:
    page = await lite.client.get("/nope", headers={"accept": "text/html,*/*;q=0.8"})
    answer = await lite.client.get("/nope", headers={"accept": "*/*"})

    assert (page.status_code, answer.status_code) == (404, 404)
    assert "There is nothing here" in page.text
    assert said(answer) == "there is no such path"
