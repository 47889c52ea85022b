"""What a metered application answers when a charge is refused, and what it logs about it.

A refusal that a customer can mend goes to the customer as it is. Any other is a fault of the
application: its customer is told no more than that, and its log is told what to mend.
"""

import logging

import msgspec

from prepaid.client.errors import PrepaidError, Refused, Unreachable
from prepaid.client.shapes import Detail

log = logging.getLogger("prepaid.client")

THEIRS = frozenset(
    {
        "account_closed",
        "forbidden",
        "idempotency_key_reused",
        "insufficient_funds",
        "payload_too_large",
        "request_in_progress",
        "unauthorized",
        "workspace_limit_reached",
        "workspace_not_found",
    }
)
THEIR_FIELDS = frozenset({"workspace", "apiKey", "Idempotency-Key"})  # from headers they send
_OPERATOR_HEADER = "x-operator-key"


def refused(status: int, code: str, message: str, *details: Detail) -> Refused:
    """A refusal of our own, with the envelope of the service's."""
    problem = {"code": code, "message": message, "details": details}
    body = msgspec.json.encode({"statusCode": status, "error": problem})
    return Refused(status, code, message, details, body)


NO_KEY = refused(401, "unauthorized", "send an API key in the header x-api-key")
_FAULT = refused(500, "internal_error", "this is our fault; it has been logged")
_AWAY = refused(503, "overloaded", "billing is away; try again")


def told(error: PrepaidError) -> Refused:
    """What the customer is answered; what is the application's to mend is logged."""
    if isinstance(error, Refused):
        if _is_theirs(error):
            return error
        log.error("this request cannot be charged: %d %s; %s", error.status, error, _mend(error))
        return _FAULT
    assert isinstance(error, Unreachable), "there is no third kind"
    log.warning("the service cannot be asked to charge: %s; is its address right?", error)
    return _AWAY


def _is_theirs(error: Refused) -> bool:
    if error.code == "invalid_request":
        return bool(error.details) and {d.field for d in error.details} <= THEIR_FIELDS
    return error.code in THEIRS and not _is_about_the_operator(error)


def _is_about_the_operator(error: Refused) -> bool:
    # The service has one code for both keys; only its words name the header.
    return error.code == "unauthorized" and _OPERATOR_HEADER in error.message


def _mend(error: Refused) -> str:
    if _is_about_the_operator(error):
        return "give the client the service's PREPAID_OPERATOR_KEY"
    if any(detail.field == "sku" for detail in error.details):
        return "give the SKU a price: prepaid prices set SKU CREDITS"
    return "mend what the application asks for"
