"""The pages that say what went wrong, for people: never a stack, always a way on."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from prepaid.domain.refusals import Refusal
from prepaid.store.batching.hot import Unavailable
from prepaid.store.batching.writer import Overloaded
from prepaid.web import errors
from prepaid.web.dashboard import cookies, guards
from prepaid.web.dashboard.form_state import sentence
from prepaid.web.dashboard.frame import Frame

TITLES = {
    400: "That did not work",
    403: "Not allowed",
    404: "There is nothing here",
    410: "This link is used up",
    429: "Too many tries",
    500: "This is our fault",
    503: "Busy for a moment",
}


def page(
    frame: Frame, request: Request, error: Refusal | Overloaded | Unavailable | None
) -> Response:
    """The page of an error; None is one of ours, which has been logged."""
    envelope = errors.INTERNAL if error is None else errors.envelope(error)
    status = envelope.status_code
    html = frame.templates.get_template("wrong.html").render(
        status=status,
        title=TITLES.get(status, TITLES[400]),
        message=sentence(envelope.error.message),
        home="/operator" if request.url.path.startswith("/operator") else "/dashboard",
        theme=request.cookies.get(cookies.THEME, ""),
    )
    headers = dict(guards.HEADERS)
    if status == 503:  # noqa: PLR2004 - as on every route
        headers["retry-after"] = errors.RETRY_AFTER_S.decode()
    return HTMLResponse(html, status, headers)
