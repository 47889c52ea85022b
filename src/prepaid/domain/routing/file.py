"""The routes file: TOML text → routes. A wrong file is refused with its line and the reason.

`tables` describes the keys. Reads no file and no environment.
"""

import re
import tomllib
from typing import TypeVar, cast

import msgspec

from prepaid.domain.refusals import Refusal
from prepaid.domain.routing import checks, keys, routes, toml_lines
from prepaid.domain.routing.json_trees import Json
from prepaid.domain.routing.keys import WrongKey
from prepaid.domain.routing.routes import Routes, Upstream
from prepaid.domain.routing.tables import RouteTable, UpstreamTable

T = TypeVar("T")

TEXT_MAX = 1_000_000  # characters of the file
ROUTES_MAX = 1_000

_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_AT = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
_NAMED = re.compile(r"(?:unknown|required) field `([^`]*)`")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


class WrongRoutes(Refusal):
    """The routes file is wrong: `line` (from 1) and the reason, both also in the message."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__("invalid_routes_file", f"line {line}: {reason}")
        self.line = line
        self.reason = reason


def parse(text: str) -> Routes:
    """The routes a TOML text describes.

    Raises:
        WrongRoutes: with the line of the first thing that is wrong, and why it is.
    """
    if len(text) > TEXT_MAX:
        raise WrongRoutes(1, f"the file has more than {TEXT_MAX} characters")
    tables = _toml(text)
    try:
        return _routes(tables)
    except WrongKey as wrong:
        where = keys.spelled(wrong.keys)
        reason = f"{where}: {wrong.reason}" if where else wrong.reason
        raise WrongRoutes(toml_lines.line_of(text, wrong.keys), reason) from wrong


def _toml(text: str) -> dict[str, Json]:
    try:
        return cast("dict[str, Json]", tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise WrongRoutes(line, f"is no TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # a number or nesting without end
        raise WrongRoutes(1, f"is no TOML we can read: {error}") from error


def _routes(tables: dict[str, Json]) -> Routes:
    for name in tables:
        if name not in {"upstreams", "routes"}:
            raise WrongKey((name,), "is no table of this file; there are upstreams and routes")
    upstreams = _upstreams(tables.get("upstreams", {}))
    listed = tables.get("routes", [])
    if not isinstance(listed, list):
        raise WrongKey(("routes",), "must be tables, each under its own [[routes]]")
    if len(listed) > ROUTES_MAX:
        raise WrongKey(("routes",), f"must be at most {ROUTES_MAX}")
    made = [
        checks.route(_convert(table, RouteTable, ("routes", place)), place, upstreams)
        for place, table in enumerate(listed)
    ]
    checks.check_together(made)
    return Routes(routes.ordered(made), upstreams)


def _upstreams(tables: Json) -> dict[str, Upstream]:
    if not isinstance(tables, dict):
        raise WrongKey(("upstreams",), "must be tables, each under its own [upstreams.NAME]")
    return {
        name: checks.upstream(name, _convert(table, UpstreamTable, ("upstreams", name)))
        for name, table in tables.items()
    }


def _convert(table: Json, kind: type[T], keys: toml_lines.Keys) -> T:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        text = str(error)
        at = _AT.search(text)
        for name, place in _STEP.findall(at[1] if at else ""):
            keys = (*keys, name or int(place))
        reason = _AT.sub("", text)
        named = _NAMED.search(reason)
        if named and "unknown" in reason:
            raise WrongKey((*keys, named[1]), "is no key of this table") from error
        if named:
            raise WrongKey(keys, f"needs the key {named[1]}") from error
        raise WrongKey(keys, reason[0].lower() + reason[1:]) from error
