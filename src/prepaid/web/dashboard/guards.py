"""What stands between a browser and a page: forged forms, too many tries, response headers."""

import hashlib
import hmac
import ipaddress
from collections import OrderedDict
from urllib.parse import urlsplit

from starlette.requests import Request

from prepaid.domain.instants import MINUTE, SECOND, Instant, Span
from prepaid.domain.refusals import Refusal

TOKEN_FIELD = "csrf_token"  # noqa: S105 - the name of a field
TOKEN_HEADER = "x-csrf-token"  # noqa: S105 - the name of a header

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}

TRIES_MAX = 10
TRIES_WITHIN: Span = 15 * MINUTE
CLIENTS_MAX = 10_000  # remembered; the one that tried longest ago is forgotten first
IPV6_PREFIX = 64  # what one household is given


def token(secret: bytes) -> str:
    """What a form of this person carries."""
    return hmac.new(secret, b"prepaid form", hashlib.sha256).hexdigest()


def check_form(request: Request, sent: str | None, secret: bytes, public_url: str) -> None:
    """A form was sent by a page of ours, which this person was shown.

    Raises:
        Refusal: `403 forbidden`.
    """
    is_ours = _is_from_here(request, public_url)
    if not is_ours or not sent or not hmac.compare_digest(sent.encode(), token(secret).encode()):
        message = "this form was not sent from a page of yours; open the page anew and try again"
        raise Refusal("forbidden", message)


def _is_from_here(request: Request, public_url: str) -> bool:
    """What the browser says of where the form stood; silence is left to the token."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None or origin == "null":  # what `no-referrer` makes of our own
        return True
    asked = urlsplit(origin)
    public = urlsplit(public_url)
    return asked.netloc in (request.headers.get("host"), public.netloc)


class Gate:
    """Lets each client try so often, in this process. The database keeps the limit per address."""

    def __init__(self, most: int = TRIES_MAX, within: Span = TRIES_WITHIN) -> None:
        self._most = most
        self._within = within
        self._tries: OrderedDict[str, list[Instant]] = OrderedDict()

    def enter(self, client: str, now: Instant) -> None:
        """Count a try.

        Raises:
            Refusal: `429 too_many_requests`.
        """
        name = household(client)
        tries = [at for at in self._tries.pop(name, []) if now - at < self._within]
        is_full = len(tries) >= self._most
        self._tries[name] = tries if is_full else [*tries, now]
        if len(self._tries) > CLIENTS_MAX:
            self._tries.popitem(last=False)
        if is_full:
            wait = -(-(self._within - (now - tries[0])) // (60 * SECOND))
            raise Refusal("too_many_requests", f"too many tries; wait {wait} minutes")


def household(client: str) -> str:
    """The client's address, of IPv6 the network that it can choose addresses from."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
