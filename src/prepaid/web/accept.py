"""Which form of an answer the caller would rather have, by the `Accept` header."""

from collections.abc import Sequence

JSON = "application/json"
CSV = "text/csv"
VARIES = ("vary", "accept")  # for caches: another `Accept`, another answer

_NO_MATCH = (0.0, 0)


def chosen(accept: str | None, offers: Sequence[str]) -> str:
    """The offer that is wanted most; the first one when none is named.

    A type that is named beats one that a wildcard lets in, and the earlier offer beats a later.
    """
    ranges = [_range(part) for part in (accept or "").split(",") if part.strip()]
    best = max(offers, key=lambda offer: _wish(offer, ranges))  # of equals, max takes the first
    return best if _wish(best, ranges) > _NO_MATCH else offers[0]


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key == "q":
            try:
                weight = min(max(float(value), 0.0), 1.0)
            except ValueError:
                weight = 0.0
    return name, weight


def _wish(offer: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int]:
    """Weight of the range that fits best, and how narrowly it fits."""
    fits = ("*/*", offer.partition("/")[0] + "/*", offer)
    found = [(fits.index(name) + 1, weight) for name, weight in ranges if name in fits]
    if not found:
        return _NO_MATCH
    narrowness, weight = max(found)
    return (weight, narrowness) if weight else _NO_MATCH
