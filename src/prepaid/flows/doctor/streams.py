"""Two tellings of the same facts, as streams in the same order, laid side by side."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

K = TypeVar("K", int, tuple[int, int], tuple[int, int, str])
V = TypeVar("V")


class Difference(NamedTuple):
    """One place where what is kept is not what it should be."""

    place: str
    expected: str
    found: str


def unequal(
    expected: Iterable[tuple[K, V]], found: Iterable[tuple[K, V]], nothing: V
) -> Iterator[tuple[K, V, V]]:
    """Where two streams in the same order differ; a place that one lacks is `nothing` there."""
    left, right = iter(expected), iter(found)
    a, b = next(left, None), next(right, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a[0] < b[0]):
            assert a is not None, "one of the two is there"
            place, should, is_, a = a[0], a[1], nothing, next(left, None)
        elif a is None or b[0] < a[0]:
            place, should, is_, b = b[0], nothing, b[1], next(right, None)
        else:
            place, should, is_ = a[0], a[1], b[1]
            a, b = next(left, None), next(right, None)
        if should != is_:
            yield place, should, is_
