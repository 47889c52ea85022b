"""A refusal is an answer with a code: the request was understood and the answer is no.

It is not an error of ours: adapters' errors and assertions have their own types.
"""

from msgspec import Struct


class Detail(Struct, frozen=True):
    """One field that is wrong, and what it needs."""

    field: str
    message: str


class Refusal(Exception):
    """The answer is no, because of `code`; the message names the fact and the need."""

    def __init__(self, code: str, message: str, details: tuple[Detail, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


def invalid(field: str, message: str) -> Refusal:
    """`400 invalid_request` naming one field."""
    return Refusal("invalid_request", f"{field} {message}", (Detail(field, message),))


def not_found(what: str) -> Refusal:
    """`404 not_found`: it does not exist, or belongs to somebody else."""
    return Refusal("not_found", f"{what} does not exist")
