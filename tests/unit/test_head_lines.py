"""Headers as they are kept: whatever a receiver sends, what is kept is short, plain and safe."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.deliveries import head_lines
from prepaid.domain.deliveries.head_lines import CUT, KEPT_MAX, LINES_MAX, MASK, Header

ROOM = KEPT_MAX + len(MASK) * LINES_MAX + 2 * LINES_MAX + len(CUT)
names = st.sampled_from([b"A", b"b-c", b"Cookie", b"Set-Cookie"])
plain = st.tuples(names, st.from_regex(rb"[ -~\r\n]{0,20}", fullmatch=True))
wild = st.tuples(st.binary(min_size=1, max_size=40), st.binary(max_size=6_000))
raw = st.lists(plain | wild, max_size=80) | st.lists(plain, max_size=8)


@given(raw)
def test_any_bytes_leave_few_plain_lines(headers: list[tuple[bytes, bytes]]) -> None:
    """No control character, no byte above ASCII, no line that the receiver has made up."""
    kept = head_lines.of_answer(headers)
    lines = kept.split("\r\n") if kept else []

    assert len(kept) <= ROOM
    assert len(lines) <= min(LINES_MAX, len(headers)) + 1
    for line in lines:
        assert re.fullmatch(r"[ -~]*", line.replace(MASK, "").replace(CUT, "")), line
    assert len(head_lines.parse(kept).headers) <= len(headers)
    assert kept.encode().decode() == kept


@given(raw)
def test_plain_headers_are_kept_as_any_others(headers: list[tuple[bytes, bytes]]) -> None:
    """They have a short way of their own."""
    nobody = ("a secret that comes nowhere",)

    assert head_lines.of_answer(headers) == head_lines.of_answer(headers, nobody)


@given(st.lists(st.tuples(st.from_regex(r"[A-Za-z-]{1,9}", fullmatch=True), st.integers())))
def test_plain_headers_come_back_as_they_were(pairs: list[tuple[str, int]]) -> None:
    wanted = tuple(Header(name, str(value)) for name, value in pairs[:LINES_MAX])
    head = head_lines.parse(head_lines.of_answer([(n.encode(), b"%d" % v) for n, v in pairs]))

    assert head.headers == wanted
    assert head.is_cut == (len(pairs) > LINES_MAX)


@pytest.mark.parametrize(
    ("headers", "count", "is_cut"),
    [
        ([(b"a", b"x" * (KEPT_MAX - 3))], 1, False),
        ([(b"a", b"x" * (KEPT_MAX - 2))], 1, True),
        ([(b"a", b"x" * (KEPT_MAX - 3)), (b"b", b"")], 1, True),
        ([(b"a", b"x")] * LINES_MAX, LINES_MAX, False),
        ([(b"a", b"x")] * (LINES_MAX + 1), LINES_MAX, True),
        ([], 0, False),
    ],
)
def test_what_is_cut_says_so(headers: list[tuple[bytes, bytes]], count: int, is_cut: bool) -> None:
    head = head_lines.parse(head_lines.of_answer(headers))

    assert (len(head.headers), head.is_cut) == (count, is_cut)
    assert sum(len(f"{one.name}: {one.value}") for one in head.headers) <= KEPT_MAX


@pytest.mark.parametrize("name", [b"set-cookie", b"Set-Cookie", b"SET-COOKIE2"])
def test_a_cookie_is_not_kept(name: bytes) -> None:
    kept = head_lines.of_answer([(name, b"session=secret"), (b"x", b"y")])

    assert kept == f"{name.decode()}: {MASK}\r\nx: y"


def test_what_cannot_be_seen_is_written_as_its_number() -> None:
    kept = head_lines.of_answer([(b"x\xc3\xa9", b"a\0b\r\nc\x7f\xff\tok")])

    assert kept == r"x\xc3\xa9: a\x00b\x0d\x0ac\x7f\xff\x09ok"


def test_a_secret_that_comes_back_is_masked_wherever_it_stands() -> None:
    """Whole or without the word before it, in names and values, and before the value is cut."""
    secrets = head_lines.secrets_of(["Bearer abcdefgh12", "7"])
    told = [(b"x", b"got Bearer abcdefgh12"), (b"abcdefgh12", b"7"), (b"y", b"-abcdefgh12-")]
    long = [(b"x", b"." * (KEPT_MAX - 8) + b"abcdefgh12")]

    kept = head_lines.of_answer(told, secrets)
    assert kept == f"x: got {MASK}\r\n{MASK}: 7\r\ny: -{MASK}-"
    assert "abc" not in head_lines.of_answer(long, secrets)


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1), max_size=5))
def test_masked_headers_tell_no_value(headers: dict[str, str]) -> None:
    plain = {name.encode().hex(): value for name, value in headers.items()}
    head = head_lines.parse(head_lines.masked(plain))

    assert head.headers == tuple(Header(name, MASK) for name in plain)
