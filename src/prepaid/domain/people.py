"""People who sign in: how their addresses compare, and how long links and sessions live."""

from prepaid.domain.instants import DAY, HOUR, MINUTE, Span

LINK_LASTS: Span = 15 * MINUTE
LINKS_MAX = 5  # mailed to one address within the life of a link
SESSION_LASTS: Span = 14 * DAY
SEEN_EVERY: Span = HOUR  # a session in use is noted as seen this often, not at each request

TOKEN_BYTES = 32  # of a link, a session and the secret of its forms

OPERATOR = ""  # the address that links of the operator stand under; no mailbox has it


def mailbox(address: str) -> str:
    """The form in which addresses are compared: `Ada@Example.com ` is `ada@example.com`."""
    return address.strip().lower()
