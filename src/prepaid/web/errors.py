"""The one envelope of every error, and which code has which status (design section 11)."""

import msgspec
from msgspec import Struct

from prepaid.domain.refusals import Detail, Refusal
from prepaid.store.batching.hot import OutcomeUnknown, Unavailable
from prepaid.store.batching.writer import Overloaded

STATUSES = {
    "invalid_request": 400,
    "budget_exceeded": 400,
    "workspace_not_found": 400,
    "workspace_name_reserved": 400,
    "unauthorized": 401,
    "insufficient_funds": 402,
    "workspace_limit_reached": 402,
    "forbidden": 403,
    "account_closed": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "workspace_exists": 409,
    "charge_closed": 409,
    "default_workspace": 409,
    "not_a_sandbox": 409,
    "prices_changed": 409,
    "endpoint_disabled": 409,
    "secret_key_missing": 409,
    "secret_unreadable": 409,
    "too_many_endpoints": 409,
    "topup_in_progress": 409,
    "request_in_progress": 409,
    "link_spent": 410,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "idempotency_key_reused": 422,
    "too_many_links": 429,
    "too_many_requests": 429,
    "internal_error": 500,
    "upstream_failed": 502,
    "overloaded": 503,
    "upstream_timeout": 504,
}
RETRY_AFTER_S = b"1"


class Problem(Struct, frozen=True):
    """What went wrong, for programs (`code`) and people (`message`)."""

    code: str
    message: str
    details: tuple[Detail, ...] = ()


class Envelope(Struct, frozen=True, rename="camel"):
    """The body of every error."""

    status_code: int
    error: Problem


_encode = msgspec.json.Encoder().encode


UNKNOWN = (
    "the database went away while this was being written, so it may have been done: look for it,"
    " or ask again with the same idempotency key"
)


def envelope(error: Exception) -> Envelope:
    """The envelope of a refusal, or of a database that is away or crowded.

    Raises:
        TypeError: it is none of these, so it is a fault of ours.
    """
    if isinstance(error, Refusal):
        problem = Problem(error.code, error.message, error.details)
        return Envelope(STATUSES[error.code], problem)
    if isinstance(error, Overloaded):
        return Envelope(503, Problem("overloaded", "too many requests are waiting; try again"))
    if isinstance(error, OutcomeUnknown):
        return Envelope(503, Problem("overloaded", UNKNOWN))
    if isinstance(error, Unavailable):
        return Envelope(503, Problem("overloaded", "the database is away; try again"))
    raise TypeError(type(error))


INTERNAL = Envelope(500, Problem("internal_error", "this is our fault; it has been logged"))


def render(value: Envelope) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body."""
    headers = [(b"content-type", b"application/json")]
    if value.status_code == 503:  # noqa: PLR2004 - the one status that says when to come again
        headers.append((b"retry-after", RETRY_AFTER_S))
    return value.status_code, headers, _encode(value)
