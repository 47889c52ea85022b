"""Which account is looked at: the choice, links that name none, and the operator as an account."""

from typing import Literal

from starlette.responses import Response

from prepaid.domain import ids
from prepaid.domain.refusals import not_found
from prepaid.flows import audit, signing_in
from prepaid.web.dashboard import cookies
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Handler, Page, Visit

THEME_LASTS_S = 365 * 86_400
SHORT = ("/billing", "/webhooks", "/notifications", "/usage", "/workspaces", "/developers")


class ThemeForm(Form, frozen=True, kw_only=True):
    """Light, dark, or as the system has it; and where the reader was."""

    theme: Literal["light", "dark", "system"]
    back: str = "/dashboard"


async def choose(visit: Visit) -> Response:
    """The only account, or the choice."""
    if visit.person.is_operator and visit.person.entered_account is None:
        return visit.go("/operator")
    accounts = await signing_in.accounts_of(visit.desk, visit.person)
    if len(accounts) == 1:
        return visit.go(f"/dashboard/{ids.account(accounts[0].id)}")
    return visit.show("choose.html", choices=accounts)


def to_last(path: str) -> Handler:
    """The page of the account that was looked at last, for links that name none."""

    async def go(visit: Visit) -> Response:
        accounts = await signing_in.accounts_of(visit.desk, visit.person)
        last = visit.frame.cookies.read(visit.request, cookies.ACCOUNT)
        names = [ids.account(one.id) for one in accounts]
        if len(names) == 1:
            last = names[0]
        return visit.go(f"/dashboard/{last}{path}" if last in names else "/dashboard")

    return go


async def enter(visit: Visit) -> Response:
    """Look at an account as its admin would; its audit log says so."""
    account = ids.parse_account(visit.path["id"])
    if account is None:
        raise not_found("the account")
    await audit.enter(visit.desk, visit.person, account, visit.ip)
    return visit.go(f"/dashboard/{ids.account(account)}")


async def leave(visit: Visit) -> Response:
    """Back to the console."""
    await audit.leave(visit.desk, visit.person)
    return visit.go("/operator")


async def theme(visit: Visit) -> Response:
    """Keep which colours the reader wants."""
    wanted = visit.form(ThemeForm)
    is_ours = wanted.back.startswith(("/dashboard", "/operator"))
    response = visit.go(wanted.back if is_ours else "/dashboard")
    if wanted.theme == "system":
        response.delete_cookie(cookies.THEME, path="/")
    else:
        secure = visit.frame.public_url.startswith("https:")
        response.set_cookie(
            cookies.THEME, wanted.theme, max_age=THEME_LASTS_S, secure=secure, samesite="lax"
        )
    return response


PAGES = [
    Page("GET", "/dashboard", choose),
    *(Page("GET", f"/dashboard{path}", to_last(path)) for path in SHORT),
    Page("POST", "/dashboard/theme", theme, who="anyone"),
    Page("POST", "/operator/accounts/{id}/enter", enter, who="operator"),
    Page("POST", "/operator/leave", leave, who="operator"),
]
