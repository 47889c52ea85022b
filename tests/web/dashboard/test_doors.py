"""Every page of the dashboard, asked by those it is not for, and with forms that are not ours."""

import re

import pytest

from prepaid.web.dashboard.pages import Page
from prepaid.web.dashboard.site import PAGES
from tests.kit import pages
from tests.kit.door import Customer, Door

OF_ADMINS = [page for page in PAGES if page.who == "admin"]
OF_ACCOUNTS = [page for page in OF_ADMINS if "{account}" in page.path]
OF_OPERATOR = [page for page in PAGES if page.who == "operator"]
FORMS = [page for page in PAGES if page.method == "POST" and page.who != "anyone"]
GUARDED = [*OF_ADMINS, *OF_OPERATOR]


def name(page: Page) -> str:
    return f"{page.method} {page.path}"


def at(page: Page, who: Customer) -> str:
    """An address of the page; what else its path names is made up."""
    return re.sub(r"\{\w+\}", "made-up", page.path.replace("{account}", who.id))


async def everything(door: Door, who: Customer) -> object:
    """What forms could change."""
    found = [
        (await door.operator("GET", path)).json()
        for path in (who.place, f"{who.place}/keys", "/v2/operator/prices")
    ]
    paths = ["/v2/workspaces", "/v2/billing/notifications/config", "/v2/webhooks/endpoints"]
    paths += ["/v2/billing/statement-settings", "/v2/billing/client-prices"]
    return [*found, *[(await who.ask("GET", path)).json() for path in paths]]


async def test_without_a_session_every_page_asks_to_sign_in(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.nobody(lite) as client:
        for page in GUARDED:
            answer = await client.request(page.method, at(page, ada))

            side = "operator" if page.who == "operator" else "dashboard"
            assert answer.status_code == 303, name(page)
            assert answer.headers["location"] == f"/{side}/sign-in", name(page)


async def test_an_admin_of_another_account_finds_nothing(lite: Door) -> None:
    """404, as for an account that there is not: nobody learns who is a customer."""
    ada, bob = await lite.customer(), await lite.customer()
    before = await everything(lite, ada)
    async with pages.admin(lite, bob, "bob@example.com") as person:
        for page in OF_ACCOUNTS:
            path = at(page, ada)
            answer = await (person.see(path) if page.method == "GET" else person.send(path))

            assert answer.status_code == 404, name(page)
            assert "Ada" not in answer.text, name(page)
    assert await everything(lite, ada) == before


async def test_an_admin_is_not_the_operator(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        for page in OF_OPERATOR:
            path = at(page, ada)
            answer = await (person.see(path) if page.method == "GET" else person.send(path))

            assert answer.status_code == 403, name(page)


@pytest.mark.parametrize("token", [None, "", "0" * 64, "another's"])
async def test_a_forged_form_changes_nothing(lite: Door, token: str | None) -> None:
    """Whoever lures an admin to a page of theirs can send forms, but no token."""
    ada, bob = await lite.customer(), await lite.customer()
    async with pages.admin(lite, ada) as person, pages.operator(lite) as boss:
        before = await everything(lite, ada)
        if token == "another's":
            async with pages.admin(lite, bob, "bob@example.com") as other:
                token = other.token
        fields = {} if token is None else {"csrf_token": token}
        for page in FORMS:
            who = boss if page.who == "operator" else person
            answer = await who.forge(at(page, ada), fields)

            assert answer.status_code == 403, name(page)
    assert await everything(lite, ada) == before


async def test_a_form_from_another_site_is_refused_with_its_token(lite: Door) -> None:
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
            answer = await person.client.post(
                f"{person.place}/workspaces",
                data={"csrf_token": person.token, "name": "acme", "legalName": "Acme"},
                headers=headers,
            )

            assert answer.status_code == 403
    assert len((await ada.ask("GET", "/v2/workspaces")).json()) == 1


async def test_a_closed_account_is_read_and_not_changed(lite: Door) -> None:
    """Its admins may still need its figures; the API refuses its keys altogether."""
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person:
        await lite.operator("POST", f"{ada.place}/close")
        shown = await person.see("")
        for page in [page for page in OF_ACCOUNTS if page.method == "POST"]:
            assert (await person.send(at(page, ada))).status_code == 403, name(page)

    assert shown.status_code == 200
    assert "This account is closed" in shown.text


async def test_every_answer_carries_the_policy(lite: Door) -> None:
    """No script of a page may come from elsewhere, and no page is kept by a shared cache."""
    ada = await lite.customer()
    async with pages.admin(lite, ada) as person, pages.operator(lite) as boss:
        for page in [page for page in PAGES if page.method == "GET"]:
            who = boss if page.who == "operator" else person
            answer = await who.see(at(page, ada))

            assert answer.status_code < 500, name(page)
            assert "script-src 'self'" in answer.headers["content-security-policy"], name(page)
            assert "unsafe" not in answer.headers["content-security-policy"], name(page)
            assert answer.headers["cache-control"] == "no-store", name(page)
            assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", answer.text), name(
                page
            )
