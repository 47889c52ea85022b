"""What does not fit its type, in the words of JSON: each complaint of msgspec as a refusal.

Words are made from the type when something is refused, so that no field has to bring its own.
A text with a pattern may: `Meta(extra={NEEDS: "must be ..."})`.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import NamedTuple

import msgspec
from msgspec import inspect

from prepaid.domain.refusals import Detail, Refusal, invalid

NEEDS = "needs"
FIELD_MAX = 100  # characters of a name that somebody else made up
LISTED_MAX = 8  # words of a longer list are cut
LISTED_FIRST = 5

_AT = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?:\d+|\.\.\.)\]")
_NAMED = re.compile(r"(?P<how>unknown|required) field `(?P<name>[^`]*)`")
_CHOICE = re.compile(r"^Invalid enum value '?(?P<said>.*?)'?$", re.DOTALL)
_PATTERN = re.compile(r"^Expected `str` matching regex '(?P<text>.*)'$", re.DOTALL)
_TYPES = re.compile(r"^Expected `(?P<types>[^`]*)`, got `(?P<got>[^`]*)`$")
_BOUND = re.compile(r"^Expected `[^`]*` (?P<sign>[<>]=?) (?P<bound>\S+)$")
_LENGTH = re.compile(r"^Expected `(?P<of>\w+)[^`]*` of length (?P<sign>[<>]=|==) (?P<bound>\d+)$")

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "number": "a number",
    "str": "text",
    "bool": "true or false",
    "null": "null",
    "NoneType": "null",
    "object": "an object",
    "dict": "an object",
    "array": "a list",
    "list": "a list",
    "datetime": "a date-time",
}
_SIGNS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than", "==": "exactly"}
_COUNTED = {"str": "character", "array": "item", "object": "key"}
_FIXED = {
    "Invalid decimal string": "must be a number",
    "Invalid RFC3339 encoded datetime": "must be a date-time like 2026-04-01T00:00:00Z",
    "Integer value out of range": "is out of range",
}


class _Place(NamedTuple):
    """A type that may stand at a path, and the words that it brings."""

    kind: inspect.Type
    needs: str | None = None


def refusal(error: msgspec.ValidationError, kind: type, *, is_text: bool = False) -> Refusal:
    """`400 invalid_request`, naming the field that msgspec complains about.

    Args:
        error: the complaint.
        kind: what was to be made.
        is_text: all that was sent is text, as in a query: then it is not told that it was.
    """
    text = str(error)
    at = _AT.search(text)
    path = at["path"] if at else ""
    field = path.removeprefix(".")
    message = _AT.sub("", text)
    places = _at(kind, path)
    if named := _NAMED.search(message):
        field = f"{field}.{named['name']}" if field else named["name"]
        is_missing = named["how"] == "required"
        need = "is required" if is_missing else _unknown(named["name"], places)
    else:
        need = _need(message, places, is_text=is_text)
    if field.endswith("[...]"):  # it is not told which
        whole = field.removesuffix("[...]")[:FIELD_MAX]
        message = f"every value of {whole} {need}"
        return Refusal("invalid_request", message, (Detail(whole, f"every value {need}"),))
    return invalid(field[:FIELD_MAX] or "body", need)


def no_json(data: bytes, error: Exception) -> Refusal:
    """`400 invalid_request` for a body that cannot be read at all."""
    if not data.strip():
        return invalid("body", "is missing; send JSON")
    try:
        data.decode()
    except UnicodeDecodeError:
        return invalid("body", "must be UTF-8")
    return invalid("body", f"must be JSON: {error}")


def _need(message: str, places: Sequence[_Place], *, is_text: bool) -> str:
    if choice := _CHOICE.match(message):
        return _choice(choice["said"], places)
    if pattern := _PATTERN.match(message):
        shown = "must match " + pattern["text"].replace(r"\\", "\\").replace(r"\Z", "$")
        return next((one.needs for one in places if one.needs), shown)
    if types := _TYPES.match(message):
        return _kinds(types["types"].split(" | "), types["got"], is_text=is_text)
    return _bounds(message) or _FIXED.get(message, message)


def _bounds(message: str) -> str | None:
    if bound := _BOUND.match(message):
        return f"must be {_SIGNS[bound['sign']]} {bound['bound']}"
    if length := _LENGTH.match(message):
        unit = _COUNTED.get(length["of"], "item") + ("" if length["bound"] == "1" else "s")
        return f"must have {_SIGNS[length['sign']]} {length['bound']} {unit}"
    return f"is wrong: e{message[1:]}" if message.startswith("Expected") else None


def _kinds(names: Sequence[str], got: str, *, is_text: bool) -> str:
    words = dict.fromkeys(_KINDS.get(name, name) for name in names)
    found = _KINDS.get(got, got)
    need = "must be " + " or ".join(words)
    both = "number" in need and "number" in found  # it is the fraction that is too much
    return need if is_text or both else f"{need}, not {found}"


def _choice(said: str, places: Sequence[_Place]) -> str:
    words = [str(word) for one in places for word in _words(one.kind)]
    if not words:
        return "is none of the words that it may be"
    if len(words) == 1:
        return f"must be {words[0]}"
    if len(words) <= LISTED_MAX:
        return f"must be one of {', '.join(words)}"
    first = ", ".join(words[:LISTED_FIRST])
    need = f"must be one of {first} and {len(words) - LISTED_FIRST} more"
    return need + _meant(said, words)


def _words(kind: inspect.Type) -> Sequence[object]:
    if isinstance(kind, inspect.LiteralType):
        return kind.values
    return [one.value for one in kind.cls] if isinstance(kind, inspect.EnumType) else ()


def _unknown(name: str, places: Sequence[_Place]) -> str:
    structs = [one.kind for one in places if isinstance(one.kind, inspect.StructType)]
    names = [field.encode_name for struct in structs for field in struct.fields]
    return "is not a field of this request" + _meant(name, names)


def _meant(said: str, words: Sequence[str]) -> str:
    near = get_close_matches(said[:FIELD_MAX], words, 1)
    return f"; did you mean {near[0]}?" if near else ""


def _at(kind: type, path: str) -> list[_Place]:
    """The types that may stand at a path of msgspec's."""
    places = list(_alternatives(inspect.type_info(kind)))
    for step in _STEP.finditer(path):
        inner = [found for one in places for found in _inside(one.kind, step["name"])]
        places = [found for one in inner for found in _alternatives(one)]
    return places


def _inside(kind: inspect.Type, name: str | None) -> Iterator[inspect.Type]:
    if isinstance(kind, inspect.StructType):
        yield from (field.type for field in kind.fields if field.encode_name == name)
    elif isinstance(kind, inspect.DictType):
        yield kind.value_type
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType | inspect.SetType):
        yield kind.item_type


def _alternatives(kind: inspect.Type, needs: str | None = None) -> Iterator[_Place]:
    if isinstance(kind, inspect.Metadata):
        yield from _alternatives(kind.type, (kind.extra or {}).get(NEEDS, needs))
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _alternatives(one, needs)
    else:
        yield _Place(kind, needs)
