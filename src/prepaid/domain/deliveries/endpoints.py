"""Webhook endpoints of an account: what one is, and which requests for one are refused.

Knows neither how an endpoint is stored nor how it is reached: whether an address may be connected
to is decided when connecting, on the concrete address.
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from msgspec import Struct

from prepaid.domain import events
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.refusals import invalid

PER_ACCOUNT_MAX = 50
URL_LENGTH_MAX = 2048
DESCRIPTION_LENGTH_MAX = 512
HEADERS_MAX = 20
HEADER_NAME_LENGTH_MAX = 64
HEADER_VALUE_LENGTH_MAX = 1024
THROTTLE_RATE_MAX = 1000  # messages per second
ID_PREFIX = "ep"

# Ours to set, or about one connection only; a receiver must be able to trust them.
_OWN_HEADERS = """
    accept-encoding connection content-encoding content-length content-type cookie date expect
    forwarded host http2-settings keep-alive te trailer transfer-encoding upgrade user-agent via
"""
_OWN_PREFIXES = ("svix-", "webhook-", "proxy-", "x-forwarded-", "sec-")

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    r"(?P<authority>[^/?#]*)"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?P<fragment>#.*)?"
)
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?P<colon>:(?P<port>[0-9]{0,5}))?")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")  # how a resolver may read a label as a number
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_HOST_LENGTH_MAX = 253
_PORT_MAX = 65_535


class Endpoint(Struct, frozen=True):
    """A URL of the account that receives webhooks. Its secrets are kept apart from it."""

    account: AccountId
    number: int  # in the account; with it the id `ep_…`
    url: str
    description: str
    event_types: tuple[str, ...] | None  # None: all, also those to come
    disabled: bool  # by its owner, by a receiver's wish, or for failing too long
    headers: dict[str, str]  # added to each request; values are secrets
    throttle_rate: int | None  # messages per second at most; None: no limit of its own
    created_at: Instant
    updated_at: Instant

    def wants(self, event_type: str) -> bool:
        """Whether a message of this type is delivered to it now."""
        return not self.disabled and (self.event_types is None or event_type in self.event_types)

    def __repr__(self) -> str:
        """Without the values of headers and without the query, which may be secrets."""
        address = self.url.partition("?")[0]
        return f"Endpoint({self.account}, {self.number}, {address!r}, {sorted(self.headers)})"


def check_url(url: str, *, allow_http: bool, field: str = "url") -> str:
    """The URL as given, when a webhook may be sent to it.

    `https` (or `http` where the operator allows it), a host, perhaps a port, path and query. No
    user, password or fragment, and no number in disguise: `0x7f.1` is refused. Which addresses
    may be connected to is not known here.

    Raises:
        Refusal: `invalid_request` naming the field.
    """
    if len(url) > URL_LENGTH_MAX:
        raise invalid(field, f"must have at most {URL_LENGTH_MAX} characters")
    if not _VISIBLE.fullmatch(url) or "\\" in url:
        raise invalid(field, "must be written in ASCII without spaces; names as xn--…")
    found = _URL.fullmatch(url)
    if found is None:
        raise invalid(field, "must be a full URL, for example https://example.com/hooks")
    allowed = ("https", "http") if allow_http else ("https",)
    if found["scheme"].lower() not in allowed:
        raise invalid(field, f"must begin with {' or '.join(f'{name}://' for name in allowed)}")
    if found["fragment"] is not None:
        raise invalid(field, "must not have a fragment (#…)")
    if "@" in found["authority"]:
        raise invalid(field, "must not have a user or password; use headers")
    _check_authority(found["authority"], field)
    return url


def _check_authority(authority: str, field: str) -> None:
    found = _HOST_AND_PORT.fullmatch(authority)
    if found is None or not _is_host(found["host"]):
        raise invalid(field, "must name a host, for example example.com")
    if found["colon"] and not 1 <= int(found["port"] or 0) <= _PORT_MAX:
        raise invalid(field, f"must have a port from 1 to {_PORT_MAX}, or none")


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return "%" not in host and _is_ipv6(host[1:-1])
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _is_ipv4(host)
    return len(host) <= _HOST_LENGTH_MAX and all(_LABEL.fullmatch(label) for label in labels)


def _is_ipv4(text: str) -> bool:
    try:
        return str(IPv4Address(text)) == text
    except AddressValueError:
        return False


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def check_description(text: str, field: str = "description") -> str:
    """The description as given: one line of at most 512 characters.

    Raises:
        Refusal: `invalid_request` naming the field.
    """
    if len(text) > DESCRIPTION_LENGTH_MAX:
        raise invalid(field, f"must have at most {DESCRIPTION_LENGTH_MAX} characters")
    if _CONTROL.search(text):
        raise invalid(field, "must be one line without control characters")
    return text


def check_event_types(
    names: Sequence[str] | None, field: str = "eventTypes"
) -> tuple[str, ...] | None:
    """The event types wanted, in the catalogue's order, each once; None: all.

    Raises:
        Refusal: `invalid_request` naming the field, or the place in it, that is unknown.
    """
    if names is None:
        return None
    if not names:
        raise invalid(field, "must name at least one event type, or be null for all")
    for place, name in enumerate(names):
        if name not in events.BY_NAME:
            known = ", ".join(events.BY_NAME)
            raise invalid(f"{field}[{place}]", f"must be one of {known}")
    return tuple(name for name in events.BY_NAME if name in names)


def check_headers(headers: Mapping[str, str], field: str = "headers") -> dict[str, str]:
    """The extra headers as given: at most 20, of visible ASCII, none that is ours to set.

    Raises:
        Refusal: `invalid_request` naming the header; the message never repeats a value.
    """
    if len(headers) > HEADERS_MAX:
        raise invalid(field, f"must have at most {HEADERS_MAX} headers")
    seen: set[str] = set()
    for name, value in headers.items():
        if len(name) > HEADER_NAME_LENGTH_MAX or not _TOKEN.fullmatch(name):
            longest = HEADER_NAME_LENGTH_MAX
            raise invalid(field, f"must have names of letters, digits and -, at most {longest}")
        where = f"{field}.{name}"
        lower = name.lower()
        if lower in _OWN_HEADERS.split() or lower.startswith(_OWN_PREFIXES):
            raise invalid(where, "is set by the service")
        if lower in seen:
            raise invalid(where, "is given twice")
        _check_header_value(value, where)
        seen.add(lower)
    return dict(headers)


def _check_header_value(value: str, where: str) -> None:
    if len(value) > HEADER_VALUE_LENGTH_MAX:
        raise invalid(where, f"must have at most {HEADER_VALUE_LENGTH_MAX} characters")
    if value != value.strip() or not all(" " <= character <= "~" for character in value):
        raise invalid(where, "must be ASCII without control characters or spaces around it")
