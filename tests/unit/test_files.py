"""Files: amounts with every digit, cells that are no formulas, and which form is asked for."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prepaid.domain.amounts import CREDIT, credit_text
from prepaid.web.accept import CSV, JSON, chosen
from prepaid.web.csv_lines import lines, text

OFFERS = (JSON, CSV)


@given(st.integers(-(10**18), 10**18))
def test_an_amount_in_a_file_is_exact(micros: int) -> None:
    """Nobody rounds, and no spreadsheet meets an exponent."""
    shown = credit_text(micros)

    assert Decimal(shown) * CREDIT == micros
    assert shown.strip("-0123456789.") == ""


@given(st.lists(st.lists(st.text(), min_size=2, max_size=5), min_size=1))
def test_any_text_comes_back_whole_and_harmless(rows: list[list[str]]) -> None:
    safe = [[text(cell) for cell in row] for row in rows]
    back = list(csv.reader(io.StringIO(lines(safe).decode("utf-8"), newline="")))

    assert back == safe
    assert not any(cell.strip().startswith(("=", "+", "-", "@")) for row in back for cell in row)
    for row, cells in zip(rows, safe, strict=True):
        assert [cell.removeprefix("'") for cell in cells] == [
            cell.removeprefix("'") for cell in row
        ]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("text/csv", CSV),
        ("TEXT/CSV; charset=utf-8", CSV),
        ("text/csv, */*;q=0.1", CSV),
        ("text/csv, */*", CSV),
        ("text/*", CSV),
        ("text/csv;q=0.5, application/json", JSON),
        ("text/csv;q=0, */*", JSON),
        ("text/csv;q=none", JSON),
        ("image/png", JSON),
        (",;q=,", JSON),
    ],
)
def test_the_form_is_the_one_that_is_asked_for(accept: str | None, form: str) -> None:
    assert chosen(accept, OFFERS) == form
