"""Whether webhooks may be sent to a URL, as far as it can be known before one is sent.

A name may mean another address each time, so only an address that is written out is judged here;
whoever sends judges the one that is connected to.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from prepaid.domain.deliveries import endpoints as rules
from prepaid.domain.refusals import invalid
from prepaid.flows.desk import Desk


def check(desk: Desk, url: str) -> str:
    """The URL as given.

    Raises:
        Refusal: 400 naming `url`.
    """
    rules.check_url(url, allow_http=desk.allows_http)
    host = urlsplit(url).hostname or ""
    reason = desk.refused_address(host) if _is_address(host) else None
    if reason is not None:
        raise invalid("url", f"leads to an address that is not public ({reason}); use a public one")
    return url


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
