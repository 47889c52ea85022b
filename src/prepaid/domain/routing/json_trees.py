"""JSON that is not ours: read at a path, changed at a path. What is not touched keeps its bytes."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, cast

import msgspec
from msgspec import MsgspecError, Raw, Struct

Scalar = None | bool | int | float | Decimal | str
Json = Scalar | list["Json"] | dict[str, "Json"]
Path = tuple[str, ...]  # object keys and list positions, from the top

EACH: Final = "*"  # the segment of a path that stands for every item of a list
_POSITION = re.compile(r"[0-9]{1,9}")
DEPTH_MAX = 200  # of nesting; deeper documents are taken for garbage

_decode = msgspec.json.Decoder().decode
_decode_object = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Document(Struct, frozen=True):
    """A JSON document: its bytes, and what they mean."""

    data: bytes
    tree: Json


def document(data: bytes) -> Document | None:
    """The document these bytes are, or None when they are no JSON we can read.

    Not JSON for us: bad UTF-8, numbers beyond a double, nesting deeper than 200.
    """
    try:
        tree = cast("Json", _decode(data))
    except (MsgspecError, ValueError, RecursionError):
        return None
    return Document(bytes(data), tree) if _depth(tree) <= DEPTH_MAX else None


def encode(value: object) -> bytes:
    """JSON of a value; a Decimal is a number, `Raw` parts are taken as they are."""
    return _encode(value)


def at(tree: Json, path: Sequence[str]) -> Json:
    """What stands at a path; None when nothing does."""
    for segment in path:
        tree = _step(tree, segment)
        if tree is None:
            return None
    return tree


def each(tree: Json, path: Sequence[str]) -> list[Json] | None:
    """What stands at a path for every item of its list; None when there is no list.

    The list is what stands before `*`, or at the whole path when it has no `*`.
    """
    cut = path.index(EACH) if EACH in path else len(path)
    found = at(tree, path[:cut])
    if not isinstance(found, list):
        return None
    return [at(item, path[cut + 1 :]) for item in found]


def text(value: Json) -> str | None:
    """A string, whole number or boolean as text; None for everything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return value if isinstance(value, str) else None


def put(data: bytes, path: Sequence[str], value: bytes) -> bytes:
    """The document with `value` (JSON) at a path of object keys; all else keeps its bytes.

    Objects that are missing on the way are made, `null` counting as missing. Where something
    that is no object stands in the way, the document comes back as it was.
    """
    if not path:
        return value
    members = _members(data)
    if members is None:
        return data
    inner = members.get(path[0])
    if len(path) == 1:
        changed = value
    else:
        before = b"{}" if inner is None or bytes(inner) == b"null" else bytes(inner)
        changed = put(before, path[1:], value)
        if changed == before:
            return data
    return _encode(members | {path[0]: Raw(changed)})


def members(data: bytes) -> dict[str, Raw]:
    """The members of an object, each with its bytes; empty when it is no object."""
    return _members(data) or {}


def with_type(data: bytes, event_type: str) -> bytes:
    """An answer as the body of an event: the object with `type` first.

    An answer that is no object becomes the member `answer` of one.
    """
    found = _members(data)
    if found is None:
        found = {"answer": Raw(data)}
    head: dict[str, object] = {"type": event_type}
    return _encode(head | {name: raw for name, raw in found.items() if name != "type"})


def _members(data: bytes) -> dict[str, Raw] | None:
    try:
        return _decode_object(data)
    except (MsgspecError, ValueError, RecursionError):
        return None


def _step(tree: Json, segment: str) -> Json:
    if isinstance(tree, dict):
        return tree.get(segment)
    if isinstance(tree, list) and _POSITION.fullmatch(segment):
        place = int(segment)
        return tree[place] if place < len(tree) else None
    return None


def _depth(tree: Json) -> int:
    level: list[Json] = [tree]
    depth = 0
    while level and depth <= DEPTH_MAX:
        depth += 1
        level = [inner for value in level for inner in _children(value)]
    return depth


def _children(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
