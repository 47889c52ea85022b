"""Mail addresses as they are typed: one per line."""

import msgspec

from prepaid.domain.refusals import invalid
from prepaid.web.account_shapes import ADMINS_MAX, Address, Admins


def addresses(text: str) -> tuple[str, ...]:
    """The addresses, each once, in the order they were typed.

    Raises:
        Refusal: 400 naming `admins` and the line.
    """
    found = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    for line in found:
        try:
            msgspec.convert(line, Address)
        except msgspec.ValidationError as error:
            raise invalid("admins", f"has a line that is no mail address: {line}") from error
    try:
        return msgspec.convert(found, Admins)
    except msgspec.ValidationError as error:
        raise invalid("admins", f"may be {ADMINS_MAX} addresses at most") from error
