"""Secrets that are shown once, on the page after a form.

A form that makes a secret is answered with a redirect, so that looking at the page again sends
nothing again. Until that page is fetched the secret waits in a cookie: encrypted for one person,
sent to that page alone, forgotten as soon as it was shown, and useless after a minute. It is in no
address and no log. Each has a cookie of its own, so two tabs do not take each other's.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from starlette.requests import Request
from starlette.responses import Response

PARAMETER = "shown"  # of the address: which of them, nothing secret
LASTS_S = 60
SEALED_MAX = 3_800  # a cookie that browsers keep has at most 4 096 bytes, with its name
_NUMBER = re.compile(r"[0-9a-f]{16}")


class To(NamedTuple):
    """Who may see a secret, and where."""

    path: str
    number: str  # 16 hexadecimal digits, which the address names
    person: bytes  # what no other session has


class Reveals:
    """Writes such cookies and reads them. The first key seals; the others still open."""

    def __init__(self, keys: Sequence[bytes], *, is_secure: bool) -> None:
        assert keys, "cookies are sealed"
        self._keys = keys
        self._is_secure = is_secure

    def write(self, response: Response, to: To, secret: bytes, now_s: int) -> None:
        """Have the browser bring a secret to a page of its own, once."""
        sealed = self._seals(to.person, to.path).encrypt_at_time(secret, now_s).decode()
        assert len(sealed) <= SEALED_MAX, "browsers keep it"
        response.set_cookie(
            self._name(to.number),
            sealed,
            max_age=LASTS_S,
            path=to.path,
            secure=self._is_secure,
            httponly=True,
            samesite="lax",
        )

    def read(self, request: Request, person: bytes, now_s: int) -> bytes | None:
        """The secret that was brought, if it is this person's and the page is its own."""
        number = _number(request)
        sealed = None if number is None else request.cookies.get(self._name(number))
        if sealed is None:
            return None
        try:
            seals = self._seals(person, request.url.path)
            return seals.decrypt_at_time(sealed.encode(), LASTS_S, now_s)
        except InvalidToken:
            return None

    def drop(self, request: Request, response: Response) -> None:
        """Have the browser forget it."""
        number = _number(request)
        if number is not None and self._name(number) in request.cookies:
            response.delete_cookie(
                self._name(number),
                path=request.url.path,
                secure=self._is_secure,
                httponly=True,
                samesite="lax",
            )

    def _seals(self, person: bytes, path: str) -> MultiFernet:
        about = b"prepaid reveal\x00" + person + b"\x00" + path.encode()
        digests = [hmac.digest(key, about, "sha256") for key in self._keys]
        return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])

    def _name(self, number: str) -> str:
        return f"prepaid_shown_{number}"


def _number(request: Request) -> str | None:
    number = request.query_params.get(PARAMETER, "")
    return number if _NUMBER.fullmatch(number) else None
