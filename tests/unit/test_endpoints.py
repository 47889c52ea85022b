"""Which endpoints are taken, and what the event types look like."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.deliveries import endpoints
from prepaid.domain.deliveries.endpoints import Endpoint
from prepaid.domain.events.topup_failed import TOPUP_FAILED
from prepaid.domain.refusals import Refusal


def refused_field(error: pytest.ExceptionInfo[Refusal]) -> str:
    assert error.value.code == "invalid_request"
    return error.value.details[0].field


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/",
        "https://example.com:8443/hooks?tenant=a&b=%20",
        "HTTPS://Example.COM/hooks",
        "https://xn--bcher-kva.example/",
        "https://my_host.internal/a//b",
        "https://203.0.113.7/",
        "https://[2001:db8::1]:443/hooks",
        "https://localhost/",
        "https://a.b.c.d.e/?q=https://other/",
    ],
)
def test_a_plain_https_url_is_taken_as_given(url: str) -> None:
    assert endpoints.check_url(url, allow_http=False) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "https:/example.com",
        "https://",
        "https:///hooks",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://user@example.com/",
        "https://user:pw@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com/#here",
        "https://example.com:0/",
        "https://example.com:/",
        "https://example.com:65536/",
        "https://example.com:8x/",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://example.com\\@127.0.0.1/",
        "https://exämple.com/",
        "https://example.com。evil.com/",
        "https://-example.com/",
        "https://example..com/",
        "https://.example.com/",
        f"https://{'a' * 64}.com/",
        f"https://{'a.' * 130}com/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[v1.x]/",
        "https://::1/",
        "https://%31%32%37.0.0.1/",
        "https://example.com/" + "a" * 2048,
    ],
)
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(Refusal) as error:
        endpoints.check_url(url, allow_http=False)

    assert refused_field(error) == "url"


def test_a_password_in_a_url_is_pointed_to_headers() -> None:
    with pytest.raises(Refusal, match="use headers"):
        endpoints.check_url("https://user:pw@example.com/", allow_http=False)


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.0x1", "1.2.3.4.5", "a.b.0x7f"],
)
def test_a_number_in_disguise_is_refused(host: str) -> None:
    with pytest.raises(Refusal) as error:
        endpoints.check_url(f"https://{host}/", allow_http=False)

    assert refused_field(error) == "url"


def test_http_is_taken_where_it_is_allowed() -> None:
    assert endpoints.check_url("http://example.com/", allow_http=True) == "http://example.com/"
    with pytest.raises(Refusal):
        endpoints.check_url("ftp://example.com/", allow_http=True)


@given(
    st.text(st.characters(codec="latin-1"), max_size=60)
    | st.text("htps:/.@[]#?%0123456789abx\\ ", max_size=60)
)
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        taken = endpoints.check_url(f"https://{text}", allow_http=False)
    except Refusal:
        return

    assert re.fullmatch(r"https://[A-Za-z0-9._\[\]:-]+([/?][!-~]*)?", taken)
    assert "@" not in re.split("[/?]", taken)[2]


def test_headers_of_their_own_are_taken() -> None:
    headers = {"Authorization": "Bearer abc def", "X-Tenant": "a", "X-Empty": ""}

    assert endpoints.check_headers(headers) == headers


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "Content-Length",
        "content-type",
        "Transfer-Encoding",
        "Connection",
        "Svix-Id",
        "webhook-signature",
        "Proxy-Authorization",
        "X-Forwarded-For",
        "User-Agent",
        "Cookie",
    ],
)
def test_a_header_that_is_ours_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as error:
        endpoints.check_headers({name: "x"})

    assert refused_field(error) == f"headers.{name}"


@pytest.mark.parametrize("name", ["", "X Y", "X:", "X\r\nY", "Ä", "X" * 65, "X\0"])
def test_a_name_that_is_no_header_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as error:
        endpoints.check_headers({name: "x"})

    assert refused_field(error) == "headers"


@pytest.mark.parametrize(
    "value", ["secret\r\nX: y", "secret\n", " secret", "sécret", "s\0", "s" * 1025]
)
def test_a_value_that_is_no_header_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(Refusal) as error:
        endpoints.check_headers({"X-Key": value})

    assert refused_field(error) == "headers.X-Key"
    assert value not in error.value.message


def test_headers_are_bounded_and_named_once() -> None:
    for headers in ({f"X-{n}": "" for n in range(21)}, {"X-A": "1", "x-a": "2"}):
        with pytest.raises(Refusal):
            endpoints.check_headers(headers)


def test_event_types_come_once_in_the_catalogues_order() -> None:
    asked = [TOPUP_FAILED, "company.updated", TOPUP_FAILED]

    assert endpoints.check_event_types(asked) == ("company.updated", TOPUP_FAILED)
    assert endpoints.check_event_types(None) is None


@pytest.mark.parametrize(
    ("asked", "field"),
    [([], "eventTypes"), (["company.updated", "company.deleted"], "eventTypes[1]")],
)
def test_no_event_type_and_an_unknown_one_are_refused(asked: list[str], field: str) -> None:
    with pytest.raises(Refusal) as error:
        endpoints.check_event_types(asked)

    assert refused_field(error) == field


def test_a_description_is_one_line() -> None:
    assert endpoints.check_description("Entrée des factures 🧾") == "Entrée des factures 🧾"
    for text in ("a\nb", "a\0", "\x9b", "a" * 513):
        with pytest.raises(Refusal) as error:
            endpoints.check_description(text)
        assert refused_field(error) == "description"


def endpoint(types: tuple[str, ...] | None, *, disabled: bool = False) -> Endpoint:
    url, headers = "https://example.com/h?token=hidden", {"Authorization": "hidden"}
    return Endpoint(1, 2, url, "", types, disabled, headers, None, 0, 0)


def test_an_endpoint_wants_what_it_chose_while_it_is_on() -> None:
    assert endpoint(None).wants("company.updated")
    assert endpoint(("company.updated",)).wants("company.updated")
    assert not endpoint(("company.updated",)).wants(TOPUP_FAILED)
    assert not endpoint(None, disabled=True).wants("company.updated")


def test_an_endpoint_printed_shows_no_secret() -> None:
    assert "hidden" not in f"{endpoint(None)!r} {endpoint(None)}"
