"""Lists that are shown a page at a time, by number: the first page is 1."""

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

T = TypeVar("T")


def skip(page: int, size: int) -> int:
    """How many rows stand on the pages before."""
    return (max(page, 1) - 1) * size


def part(rows: Sequence[T], page: int, size: int) -> tuple[int, Sequence[T]]:
    """The page of a whole list that is shown, the last one for any behind it, and its rows."""
    last = max(1, -(-len(rows) // size))
    shown = min(max(page, 1), last)
    first = skip(shown, size)
    return shown, rows[first : first + size]


def beside(page: int, said: Mapping[str, str], *, has_more: bool) -> tuple[str, str]:
    """Addresses of the page before and the page after; empty where there is none."""

    def at(number: int) -> str:
        return "?" + urlencode({**said, "page": str(number)})

    here = max(page, 1)
    return at(here - 1) if here > 1 else "", at(here + 1) if has_more else ""
