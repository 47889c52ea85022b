"""The cookies of the dashboard, each signed for its own purpose. Knows nothing of pages."""

from collections.abc import Sequence

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

SESSION = "prepaid_session"  # who is signed in
GUEST = "prepaid_guest"  # what the forms of somebody who is not signed in are tied to
FLASH = "prepaid_flash"  # what the next page says once
ACCOUNT = "prepaid_account"  # the account that was looked at last
NEXT = "prepaid_next"  # where somebody wanted to go before signing in
THEME = "prepaid_theme"  # light or dark, where the reader chose

TEXT_MAX = 3_000  # a cookie that browsers keep has at most 4 096 bytes


class Cookies:
    """Reads and writes them. The first key signs; the others are still believed."""

    def __init__(self, keys: Sequence[bytes], *, is_secure: bool) -> None:
        assert keys, "cookies are signed"
        self._keys = list(reversed(keys))  # the library signs with the last
        self._is_secure = is_secure

    def read(self, request: Request, name: str) -> str | None:
        """What a cookie says, if we wrote it."""
        sent = request.cookies.get(name)
        if sent is None:
            return None
        try:
            value = self._serializer(name).loads(sent)
        except BadSignature:
            return None
        return value if isinstance(value, str) else None

    def write(self, response: Response, name: str, value: str, lasts_s: int) -> None:
        """Have the browser keep a text for so many seconds."""
        response.set_cookie(
            name,
            str(self._serializer(name).dumps(value[:TEXT_MAX])),
            max_age=lasts_s,
            path="/",
            secure=self._is_secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, name: str) -> None:
        """Have the browser forget it."""
        response.delete_cookie(
            name, path="/", secure=self._is_secure, httponly=True, samesite="lax"
        )

    def _serializer(self, name: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._keys, salt=name)
