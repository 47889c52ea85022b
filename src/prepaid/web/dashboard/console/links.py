"""Links that the operator hands to an admin of an account, where no mail reaches them."""

from starlette.responses import Response

from prepaid.domain.refusals import invalid
from prepaid.flows import metering, signing_in
from prepaid.web.dashboard.console.account import PATH, account_of, show
from prepaid.web.dashboard.forms import Form
from prepaid.web.dashboard.pages import Page, Visit


class LinkForm(Form, frozen=True, kw_only=True):
    """Whom the link signs in."""

    email: str


async def make(visit: Visit) -> Response:
    """Make a link, which is shown this once; the one before it for the same person ends."""
    account = account_of(visit)
    email = visit.form(LinkForm).email
    if email not in (await metering.fresh(visit.desk, account)).admins:
        raise invalid("email", "must be the address of an admin of this account")
    token = await visit.noted(
        signing_in.make_link(visit.desk, email), "sign-in link made", email, account=account
    )
    base = visit.frame.public_url.rstrip("/")
    link = f"{base}/dashboard/sign-in/{token}"
    return visit.go_and_tell(f"/operator/accounts/{visit.path['id']}", (email, link))


PAGES = [Page("POST", PATH + "/sign-in-link", make, who="operator", again=show)]
