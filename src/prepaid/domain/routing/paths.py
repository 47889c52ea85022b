"""Paths with `{params}`, and what matches them. Paths stay percent-encoded, as they came."""

from collections.abc import Sequence

PARAM = "{}"
REST = "{*}"
_RANKS = {PARAM: 1, REST: 2}
_STEPS = (("%2e", "."), ("%2f", "/"), ("%5c", "/"), ("\\", "/"))


def segments(path: str) -> tuple[str, ...]:
    """What stands between the slashes of an absolute path."""
    return tuple(path.split("/")[1:])


def pattern(wanted: Sequence[str]) -> tuple[str, ...]:
    """A route's segments without the names of its params: equal ones match the same paths."""
    return tuple(REST if is_rest(s) else PARAM if is_param(s) else s for s in wanted)


def rank(wanted: Sequence[str]) -> list[int]:
    """Sorts routes: at each place a written segment comes before a param, that before a rest."""
    return [_RANKS.get(segment, 0) for segment in pattern(wanted)]


def params(wanted: Sequence[str], asked: Sequence[str]) -> dict[str, str] | None:
    """What fills the params of a route's segments; None when the path is another one.

    A param takes one segment that is not empty, a rest takes everything that follows.
    """
    has_rest = bool(wanted) and is_rest(wanted[-1])
    if len(asked) < len(wanted) if has_rest else len(asked) != len(wanted):
        return None
    found: dict[str, str] = {}
    for place, segment in enumerate(wanted):
        if is_rest(segment):
            found[param_name(segment)] = "/".join(asked[place:])
        elif is_param(segment):
            if not asked[place]:
                return None
            found[param_name(segment)] = asked[place]
        elif segment != asked[place]:
            return None
    return found


def climbs(path: str) -> bool:
    """An upstream may read it as another path than the one that is priced: `a/%2e%2e/b`."""
    if not {".", "%", "\\"}.intersection(path):
        return False
    plain = path.lower()
    for encoded, character in _STEPS:
        plain = plain.replace(encoded, character)
    return not {".", ".."}.isdisjoint(plain.split("/"))


def is_param(segment: str) -> bool:
    """It is a `{name}` or a `{name*}`."""
    return segment.startswith("{") and segment.endswith("}")


def is_rest(segment: str) -> bool:
    """It is a `{name*}`, which takes the rest of a path."""
    return is_param(segment) and segment.endswith("*}")


def param_name(segment: str) -> str:
    """The name in the braces."""
    return segment[1:-1].removesuffix("*")
