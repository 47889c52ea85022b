"""Mail addresses that every SMTP server can carry. Knows neither messages nor servers."""

import re
from email.utils import parseaddr

_LOCAL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
_ADDRESS = re.compile(_LOCAL + r"@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)


def is_address(text: str) -> bool:
    """Whether it is one bare address in ASCII, without quotes, names or angle brackets."""
    return _ADDRESS.fullmatch(text) is not None


def parse_sender(text: str) -> tuple[str, str]:
    """Name (may be empty) and address of `billing@example.com` or `Name <billing@example.com>`.

    Raises:
        ValueError: it has no address in ASCII, or is not one line.
    """
    name, address = parseaddr(text)
    if not text.isprintable() or not is_address(address):
        raise ValueError("the sender must be one line with a mail address in ASCII")
    return name, address
