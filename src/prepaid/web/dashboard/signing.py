"""The pages for signing in and out: by a link in a mail, and by the operator's key."""

import hmac
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from prepaid.domain.refusals import invalid
from prepaid.flows import signing_in
from prepaid.flows.signing_in import Session, TooManyLinks
from prepaid.web.dashboard import cookies
from prepaid.web.dashboard.forms import Form, on_field
from prepaid.web.dashboard.pages import Page, Visit

SESSION_LASTS_S = 14 * 86_400


class AskForm(Form, frozen=True, kw_only=True):
    """Somebody asks for a link."""

    email: Annotated[str, Meta(max_length=254)]


class KeyForm(Form, frozen=True, kw_only=True):
    """The operator comes in."""

    key: Annotated[str, Meta(max_length=500)]


async def ask(visit: Visit) -> Response:
    """Where one asks for a link."""
    return visit.show("sign_in.html", sends_mail=visit.desk.sends_mail)


async def send(visit: Visit) -> Response:
    """Mail a link; the answer is the same for every address."""
    visit.frame.gate.enter(visit.ip, visit.desk.clock())
    email = visit.form(AskForm).email
    try:
        await signing_in.ask_link(visit.desk, email)
    except TooManyLinks as refusal:
        raise on_field(refusal, "email") from refusal
    return visit.show("sign_in_sent.html", email=email)


async def offered(visit: Visit) -> Response:
    """What a link leads to. Only the button uses it up: mail scanners open links too."""
    works = await signing_in.link_works(visit.desk, visit.path["token"])
    return visit.show("sign_in_link.html", status=200 if works else 410, works=works)


async def use(visit: Visit) -> Response:
    """Use a link up."""
    session = await signing_in.use_link(visit.desk, visit.path["token"])
    return _welcome(visit, session)


async def operator(visit: Visit) -> Response:
    """Where the operator comes in."""
    return visit.show("sign_in_operator.html")


async def operator_in(visit: Visit) -> Response:
    """Sign the operator in."""
    visit.frame.gate.enter(visit.ip, visit.desk.clock())
    sent = visit.form(KeyForm).key.strip().encode()
    if not hmac.compare_digest(sent, visit.frame.operator_key):
        raise invalid("key", "is not the operator key")
    return _welcome(visit, await signing_in.operator_session(visit.desk))


async def out(visit: Visit) -> Response:
    """End the session, here and wherever its cookie was copied to."""
    if visit.session is not None:
        await signing_in.sign_out(visit.desk, visit.session)
    side = "operator" if visit.session is not None and visit.session.is_operator else "dashboard"
    response = visit.go(f"/{side}/sign-in", "You are signed out.")
    visit.frame.cookies.drop(response, cookies.SESSION)
    visit.frame.cookies.drop(response, cookies.ACCOUNT)
    return response


def _welcome(visit: Visit, session: Session) -> Response:
    home = "/operator" if session.is_operator else "/dashboard"
    wanted = visit.frame.cookies.read(visit.request, cookies.NEXT) or home
    response = visit.go(wanted if wanted.startswith(home) else home)
    visit.frame.cookies.write(response, cookies.SESSION, session.id, SESSION_LASTS_S)
    visit.frame.cookies.drop(response, cookies.NEXT)
    visit.frame.cookies.drop(response, cookies.GUEST)
    return response


LINKS = ("/dashboard/sign-in/{token}", "/operator/sign-in/{token}")

PAGES = [
    Page("GET", "/dashboard/sign-in", ask, who="anyone"),
    Page("POST", "/dashboard/sign-in", send, who="anyone", again=ask),
    *(Page("GET", path, offered, who="anyone") for path in LINKS),
    *(Page("POST", path, use, who="anyone") for path in LINKS),
    Page("POST", "/dashboard/sign-out", out, who="anyone"),
    Page("GET", "/operator/sign-in", operator, who="anyone"),
    Page("POST", "/operator/sign-in", operator_in, who="anyone", again=operator),
]
