"""The address itself, as somebody types it into a browser: the way to the dashboard."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from prepaid.domain.refusals import Refusal
from prepaid.web import errors
from prepaid.web.endpoints import problem


async def home(request: Request) -> Response:
    """A browser goes on to the dashboard; a program is told that there is no such path."""
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/dashboard", 303)
    message = "there is no such path; the API is described at /docs, the dashboard is /dashboard"
    return problem(errors.envelope(Refusal("not_found", message)))
