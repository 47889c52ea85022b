"""Turns a `Page` into a Starlette endpoint: who, which account, which form, and what went wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from prepaid.domain import ids
from prepaid.domain.refusals import Refusal, not_found
from prepaid.flows import signing_in
from prepaid.flows.signing_in import AccountSummary, Session
from prepaid.store.batching.hot import Unavailable
from prepaid.store.batching.writer import Overloaded
from prepaid.web.dashboard import cookies, forms, guards, wrong
from prepaid.web.dashboard.frame import Frame
from prepaid.web.dashboard.pages import SEE_OTHER, Page, Visit

log = structlog.get_logger("prepaid.web")

ACCOUNT_LASTS_S = 90 * 86_400
NEXT_LASTS_S = 3_600
GUEST_LASTS_S = 86_400
GUEST_BYTES = 16

Endpoint = Callable[[Request], Awaitable[Response]]


class SignedOut(Exception):
    """Somebody must sign in first."""


def door(page: Page, frame: Frame) -> Endpoint:
    """The page as Starlette calls it."""

    async def call(request: Request) -> Response:
        try:
            response = await _answer(page, frame, request)
        except SignedOut:
            response = _to_sign_in(page, frame, request)
        except (Refusal, Overloaded, Unavailable) as error:
            response = wrong.page(frame, request, error)
        except Exception:
            # Not the address itself: it may be a link to sign in, which works until it is used.
            log.exception("page failed", path=page.path)
            response = wrong.page(frame, request, None)
        for name, value in guards.HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return call


async def _answer(page: Page, frame: Frame, request: Request) -> Response:
    visit = await _arrive(page, frame, request)
    if page.method == "POST":
        sent, files = await forms.read(request, takes_file=page.takes_file)
        visit = replace(visit, sent=sent, files=files)
        token = visit.sent.get(guards.TOKEN_FIELD) or request.headers.get(guards.TOKEN_HEADER)
        guards.check_form(request, token, visit.secret, frame.public_url)
        if visit.account and visit.here.closed:
            raise Refusal("account_closed", "the account is closed: it can be read, not changed")
    try:
        response = await page.handler(visit)
    except Refusal as refusal:
        if page.again is None:
            raise
        response = await page.again(replace(visit, problem=refusal))
    _remember(visit, response)
    return response


async def _arrive(page: Page, frame: Frame, request: Request) -> Visit:
    """Who it is, and whether they may.

    Raises:
        SignedOut: nobody that we know.
        Refusal: 403 on a page of the operator, 404 on one of an account that is not theirs.
    """
    signed = frame.cookies.read(request, cookies.SESSION)
    session = None if signed is None else await signing_in.session_of(frame.desk, signed)
    if page.who != "anyone" and session is None:
        raise SignedOut
    if page.who == "operator" and session is not None and not session.is_operator:
        raise Refusal("forbidden", "this page is the operator's")
    account, accounts = 0, list[AccountSummary]()
    if session is not None and "account" in request.path_params:
        account, accounts = await _account(frame, session, request.path_params["account"])
    secret = session.csrf if session is not None else _guest(frame, request)
    return Visit(frame, request, session, account, accounts, secret, sent={})


async def _account(frame: Frame, session: Session, name: str) -> tuple[int, list[AccountSummary]]:
    account = ids.parse_account(name)
    accounts = await signing_in.accounts_of(frame.desk, session)
    if account is None or all(one.id != account for one in accounts):
        raise not_found("the account")
    return account, accounts


def _guest(frame: Frame, request: Request) -> bytes:
    """What ties forms to a browser nobody has signed in with."""
    known = frame.cookies.read(request, cookies.GUEST)
    return bytes.fromhex(known) if known else frame.desk.token(GUEST_BYTES)


def _remember(visit: Visit, response: Response) -> None:
    request, kept = visit.request, visit.frame.cookies
    if visit.session is None and kept.read(request, cookies.GUEST) is None:
        kept.write(response, cookies.GUEST, visit.secret.hex(), GUEST_LASTS_S)
    if visit.account and not visit.is_fragment:
        name = ids.account(visit.account)
        if kept.read(request, cookies.ACCOUNT) != name:
            kept.write(response, cookies.ACCOUNT, name, ACCOUNT_LASTS_S)


def _to_sign_in(page: Page, frame: Frame, request: Request) -> Response:
    side = "operator" if page.who == "operator" else "dashboard"
    where = f"/{side}/sign-in"
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"hx-redirect": where})
    response = RedirectResponse(where, SEE_OTHER)
    if page.method == "GET":
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        frame.cookies.write(response, cookies.NEXT, path, NEXT_LASTS_S)
    return response
