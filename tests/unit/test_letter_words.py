"""How names and amounts appear in letters."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.adapters.letters.words import amount, one_line


@given(st.text(st.characters(codec="utf-8")))
def test_one_line_is_one_visible_line(text: str) -> None:
    line = one_line(text)

    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert re.sub("[\u200c\u200d]", "", line).isprintable()
    assert one_line(line) == line


def test_what_belongs_to_words_is_kept() -> None:
    for text in ("Société Générale", "中文有限公司", "می‌خواهم", "👩‍💻 Ltd", "a b"):
        assert one_line(text) == text


@pytest.mark.parametrize(
    ("cents", "shown"),
    [
        ("0", "0 credits"),
        ("100", "1 credit"),
        ("4523", "45.23 credits"),
        ("4520", "45.20 credits"),
        ("5000", "50 credits"),
        ("123456789", "1,234,567.89 credits"),
        ("0.0001", "0.000001 credits"),
        ("-350", "-3.50 credits"),
        ("1E+5", "1,000 credits"),
    ],
)
def test_amounts_are_shown_in_credits_exactly(cents: str, shown: str) -> None:
    assert amount(Decimal(cents)) == shown
