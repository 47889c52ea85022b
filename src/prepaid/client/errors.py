"""How asking can fail: the service said no, or it could not be asked."""

from prepaid.client.shapes import Detail


class PrepaidError(Exception):
    """Whatever keeps a charge from being made."""


class Refused(PrepaidError):
    """The service understood and refused; nothing was charged.

    `status` and `body` can be handed on to whoever asked you.
    """

    def __init__(
        self, status: int, code: str, message: str, details: tuple[Detail, ...], body: bytes
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code  # for example insufficient_funds
        self.message = message
        self.details = details
        self.body = body


class Unreachable(PrepaidError):
    """No usable answer, after every try. Asking again with the same key charges nothing twice."""
