"""Which addresses may be connected to on an account's wish (server-side request forgery).

Judges concrete addresses only, never names: a name may mean another address a moment later.
`ipaddress.is_global` alone is not enough: it lets pass, among others, 6to4 and NAT64 forms of
private addresses, multicast and a cloud's metadata service.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Where clouds answer with credentials. Only an entry for exactly one of these addresses allows it.
METADATA: frozenset[Address] = frozenset(
    map(
        ip_address,
        (
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure; a public address, reachable from its machines only
            "169.254.169.254",  # nearly all
            "169.254.170.2",  # AWS, containers
            "169.254.170.23",  # AWS, Kubernetes
            "192.0.0.192",  # Oracle
            "fd00:ec2::23",  # AWS, Kubernetes
            "fd00:ec2::254",  # AWS
            "fd20:ce::254",  # Google
        ),
    )
)

_IPV4_REFUSED = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "carrier-grade NAT",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "reserved",
    "192.52.193.0/24": "reserved",
    "192.88.99.0/24": "6to4",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "reserved",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
# Only 2000::/3 is given out to hosts. What is refused within it, and names for what is outside.
_IPV6_REFUSED = {
    "::/128": "unspecified",
    "::1/128": "loopback",
    "::/96": "IPv4-compatible",
    "64:ff9b:1::/48": "NAT64 of a private network",
    "100::/64": "discard",
    "2001::/32": "Teredo",
    "2001::/23": "reserved",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "reserved",
    "3ffe::/16": "reserved",
    "3fff::/20": "documentation",
    "5f00::/16": "segment routing",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "private",
    "ff00::/8": "multicast",
}
_REFUSED_4 = tuple((IPv4Network(text), reason) for text, reason in _IPV4_REFUSED.items())
_REFUSED_6 = tuple((IPv6Network(text), reason) for text, reason in _IPV6_REFUSED.items())
_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # third quarter of an address that holds an IPv4 one
_QUARTER = 32
_QUARTER_MASK = 0xFFFF_FFFF


class AddressRule:
    """Every public address is allowed, and what the operator lists besides."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """Allow these networks too, for example `10.1.0.0/16`, `::1/128`, or a bare address.

        Raises:
            ValueError: an entry is no network; the message names it.
        """
        self._allowed = tuple(ip_network(text.strip()) for text in allowed)

    def refusal(self, text: str) -> str | None:
        """Why this address may not be connected to, in a few words; None: it may.

        An address that carries an IPv4 address (IPv4-mapped, NAT64) is judged as the one it
        reaches. Text that is no address is refused: names are not judged here.
        """
        try:
            address = _reached(ip_address(text))
        except ValueError:
            return "no address"
        if any(_allows(network, address) for network in self._allowed):
            return None
        if address in METADATA:
            return "metadata service"
        if isinstance(address, IPv4Address):
            return _first(_REFUSED_4, address)
        return _refusal_6(address)


def rule_of(cidrs: str) -> AddressRule:
    """The rule of a setting: networks separated by commas.

    Raises:
        ValueError: an entry is no network; the message names it.
    """
    return AddressRule(one for one in cidrs.split(",") if one.strip())


def _reached(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & _QUARTER_MASK)
    return address


def _allows(network: Network, address: Address) -> bool:
    if address not in network:
        return False
    return address not in METADATA or network.prefixlen == network.max_prefixlen


def _refusal_6(address: IPv6Address) -> str | None:
    reason = _first(_REFUSED_6, address)
    if reason is None and address not in _UNICAST:
        return "reserved"
    if reason is None and (int(address) >> _QUARTER) & _QUARTER_MASK in _ISATAP:
        return "ISATAP"
    return reason


def _first(
    refused: Iterable[tuple[IPv4Network, str]] | Iterable[tuple[IPv6Network, str]],
    address: Address,
) -> str | None:
    return next((reason for network, reason in refused if address in network), None)
