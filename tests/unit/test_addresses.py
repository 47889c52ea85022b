"""Which addresses may be connected to, form by form."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.adapters.addresses import METADATA, AddressRule

PUBLIC = AddressRule()


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001::200e",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
    ],
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert PUBLIC.refusal(address) is None


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("0.0.0.0", "this network"),
        ("0.1.2.3", "this network"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("169.254.1.1", "link-local"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("100.127.255.255", "carrier-grade NAT"),
        ("192.0.0.1", "reserved"),
        ("192.0.2.1", "documentation"),
        ("192.88.99.1", "6to4"),
        ("198.18.0.1", "benchmarking"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.250", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::127.0.0.1", "IPv4-compatible"),
        ("::8.8.8.8", "IPv4-compatible"),
        ("::ffff:0:127.0.0.1", "reserved"),
        ("64:ff9b:1::1", "NAT64 of a private network"),
        ("100::1", "discard"),
        ("2001::1", "Teredo"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
        ("2001:2::1", "reserved"),
        ("2001:10::1", "reserved"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::", "6to4"),
        ("2002:808:808::1", "6to4"),
        ("3fff::1", "documentation"),
        ("4000::1", "reserved"),
        ("5f00::1", "segment routing"),
        ("fc00::1", "private"),
        ("fd12:3456::1", "private"),
        ("fe80::1", "link-local"),
        ("fe80::1%1", "link-local"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
        ("ff0e::1", "multicast"),
        ("2606:4700::5efe:127.0.0.1", "ISATAP"),
        ("2606:4700::200:5efe:10.0.0.1", "ISATAP"),
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str, reason: str) -> None:
    assert PUBLIC.refusal(address) == reason


@pytest.mark.parametrize("address", sorted(map(str, METADATA)))
def test_a_metadata_service_is_refused(address: str) -> None:
    assert PUBLIC.refusal(address) == "metadata service"


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_ipv4_address_in_other_clothes_is_judged_as_itself(address: IPv4Address) -> None:
    """Mapped and NAT64 forms reach the IPv4 address, so they are neither better nor worse."""
    verdict = PUBLIC.refusal(str(address))

    assert PUBLIC.refusal(f"::ffff:{address}") == verdict
    assert PUBLIC.refusal(f"64:ff9b::{address}") == verdict


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_what_python_calls_not_global_is_never_allowed(address: IPv4Address) -> None:
    assert address.is_global or PUBLIC.refusal(str(address)) is not None


@given(st.integers(0, 2**128 - 1).map(IPv6Address) | st.ip_addresses(v=6))
def test_the_same_for_ipv6(address: IPv6Address) -> None:
    embedded = address.ipv4_mapped is not None
    assert address.is_global or embedded or PUBLIC.refusal(str(address)) is not None


@pytest.mark.parametrize(
    "text", ["", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "1.1.1.1 "]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    assert PUBLIC.refusal(text) == "no address"


def test_the_operator_allows_networks() -> None:
    rule = AddressRule(["10.1.0.0/16", "::1", " 127.0.0.1/32"])

    for address in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "::1", "127.0.0.1"):
        assert rule.refusal(address) is None
    for address in ("10.2.0.1", "127.0.0.2", "::ffff:10.2.0.1"):
        assert rule.refusal(address) is not None


def test_a_metadata_service_is_allowed_by_its_own_entry_only() -> None:
    """An operator who allows every private network does not mean the keys of the machine."""
    wide = AddressRule(["0.0.0.0/0", "::/0"])
    exact = AddressRule(["169.254.169.254/32"])

    assert wide.refusal("169.254.169.254") == "metadata service"
    assert wide.refusal("::ffff:169.254.169.254") == "metadata service"
    assert wide.refusal("10.0.0.1") is None
    assert exact.refusal("169.254.169.254") is None


@pytest.mark.parametrize("text", ["example.com", "10.0.0.0/33", "10.0.0.1/8", ""])
def test_an_entry_that_is_no_network_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"network|host bits|Address"):
        AddressRule([text])
