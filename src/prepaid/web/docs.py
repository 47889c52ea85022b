"""The page at /docs: the OpenAPI document for people, made of our own files alone.

It is rendered once for each choice of colours, when somebody first asks, in a thread beside the
requests that are paid for.
"""

import asyncio
import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from prepaid.web.dashboard import cookies, guards
from prepaid.web.dashboard.frame import environment
from prepaid.web.dashboard.statics import Statics
from prepaid.web.endpoints import Endpoint
from prepaid.web.reference.outline import outline
from prepaid.web.reference.prose import FILTERS

THEMES = ("light", "dark")
HEADERS = guards.HEADERS | {"cache-control": "no-cache", "vary": "accept-encoding, cookie"}
TAG_DIGITS = 16


class Made(NamedTuple):
    """The page as it is sent."""

    plain: bytes
    packed: bytes
    tag: str  # changes with the page


def page(document: Mapping[str, Any]) -> Endpoint:
    """The page's endpoint."""

    @cache
    def made(theme: str) -> Made:
        templates = environment(Statics())
        templates.filters.update(FILTERS)
        html = templates.get_template("docs.html").render(api=outline(document), theme=theme)
        plain = html.encode()
        digest = hashlib.sha256(plain).hexdigest()[:TAG_DIGITS]
        return Made(plain, gzip.compress(plain, mtime=0), f'W/"{digest}"')

    async def show(request: Request) -> Response:
        chosen = request.cookies.get(cookies.THEME, "")
        found = await asyncio.to_thread(made, chosen if chosen in THEMES else "")
        headers = HEADERS | {"etag": found.tag}
        if request.headers.get("if-none-match") == found.tag:
            return Response(status_code=304, headers=headers)
        is_packed = "gzip" in request.headers.get("accept-encoding", "")
        if is_packed:
            headers["content-encoding"] = "gzip"
        body = found.packed if is_packed else found.plain
        return Response(body, headers=headers, media_type="text/html")

    return show
