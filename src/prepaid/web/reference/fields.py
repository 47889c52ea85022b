"""JSON schemas as rows that people read: name, type, bounds, meaning. Knows no page."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

Schema = Mapping[str, Any]
Shapes = Mapping[str, Schema]  # of the document, by name

DEPTH_MAX = 3  # of fields within fields
OPTIONS_MAX = 24  # of a list of values that is shown; the countries are many more
_NULL = {"type": "null"}


class Field(NamedTuple):
    """One field of a body, or one parameter."""

    name: str
    kind: str  # "integer", "list of objects", "text or null"
    is_required: bool
    about: str
    bounds: tuple[str, ...]  # "1 to 200", "at most 64 characters"
    options: tuple[str, ...]  # the only values there are
    pattern: str  # of texts
    default: str  # as JSON; empty: there is none to tell
    fields: tuple["Field", ...]  # of objects within


def name_of(schema: Schema) -> str:
    """The shape a schema refers to; empty: it is written out."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def resolved(schema: Schema, shapes: Shapes) -> Schema:
    """The schema itself where another is referred to."""
    name = name_of(schema)
    return shapes[name] if name else schema


def rows(schema: Schema, shapes: Shapes, depth: int = 0) -> tuple[Field, ...]:
    """A row per field of an object."""
    found = resolved(schema, shapes)
    required = found.get("required", ())
    return tuple(
        row(name, value, shapes, is_required=name in required, depth=depth)
        for name, value in found.get("properties", {}).items()
    )


def row(name: str, schema: Schema, shapes: Shapes, *, is_required: bool, depth: int = 0) -> Field:
    """One field."""
    plain = _without_null(schema)
    inner = _innermost(plain, shapes)
    options = tuple(str(one) for one in inner.get("enum", ()))
    return Field(
        name=name,
        kind=_kind(plain, shapes) + (" or null" if plain is not schema else ""),
        is_required=is_required,
        about=str(schema.get("description") or plain.get("description", "")),
        bounds=tuple(_bounds(plain)),
        options=options if len(options) <= OPTIONS_MAX else (),
        pattern=str(inner.get("pattern", "")),
        default=_default(schema),
        fields=rows(inner, shapes, depth + 1) if depth < DEPTH_MAX else (),
    )


def _without_null(schema: Schema) -> Schema:
    options = schema.get("anyOf", ())
    left: Sequence[Schema] = [one for one in options if one != _NULL]
    return left[0] if len(left) == 1 and len(left) < len(options) else schema


def _innermost(schema: Schema, shapes: Shapes) -> Schema:
    """What a list is of, itself else."""
    found = resolved(schema, shapes)
    while isinstance(found.get("items"), Mapping):
        found = resolved(_without_null(found["items"]), shapes)
    return found


def _kind(schema: Schema, shapes: Shapes) -> str:
    found = resolved(schema, shapes)
    if "anyOf" in found or "oneOf" in found:
        options = found.get("anyOf") or found["oneOf"]
        return " or ".join(dict.fromkeys(_kind(one, shapes) for one in options))
    if found.get("type") == "array":
        items = found.get("items")
        return f"list of {_kind(items, shapes)}s" if isinstance(items, Mapping) else "list"
    if found.get("type") == "object" and isinstance(found.get("additionalProperties"), Mapping):
        return "object of texts"
    if "enum" in found:
        return "text"
    return _NAMES.get(found.get("format", found.get("type", "")), "any value")


_NAMES = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "object": "object",
    "null": "null",
    "date-time": "date-time",
}
_LIMITS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", "characters"),
    ("minItems", "maxItems", "items"),
    ("minProperties", "maxProperties", "entries"),
)


def _bounds(schema: Schema) -> list[str]:
    found = []
    for low, high, unit in _LIMITS:
        least, most = schema.get(low), schema.get(high)
        if least is not None and most is not None:
            text = f"{least:,} to {most:,}"
        elif least is not None:
            text = f"at least {least:,}"
        elif most is not None:
            text = f"at most {most:,}"
        else:
            continue
        found.append(f"{text} {unit}".strip())
    return found


def _default(schema: Schema) -> str:
    value = schema.get("default")
    if value is None or value in ({}, [], ""):
        return ""
    return msgspec.json.encode(value).decode()
