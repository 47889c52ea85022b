"""Requests and answers as examples: made of schemas, with the values that samples know."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from prepaid.web.reference import sample_values as samples
from prepaid.web.reference import words
from prepaid.web.reference.fields import Schema, Shapes, name_of, resolved
from prepaid.web.reference.sample_bodies import BODIES

DEPTH_MAX = 4
VARIABLES = {"x-operator-key": "$OPERATOR_KEY", "x-api-key": "$API_KEY"}
_NULL = {"type": "null"}


def body(schema: Schema, shapes: Shapes) -> object:
    """A request's body: the sample of its shape, else what must be there."""
    name = name_of(schema)
    if name in BODIES:
        return BODIES[name]
    found = resolved(schema, shapes)
    properties = found.get("properties", {})
    needed = found.get("required", ())
    return {field: value(properties[field], shapes, f"{name}.{field}") for field in needed}


def value(schema: Schema, shapes: Shapes, place: str, depth: int = 0) -> object:
    """A value of a schema. `place` is `Shape.field`."""
    field = place.rpartition(".")[2]
    if place in samples.VALUES:
        return samples.VALUES[place]
    found = _first(resolved(schema, shapes), shapes)
    if found.get("properties"):
        return _object(found, shapes, name_of(schema) or str(found.get("title", "")), depth)
    is_list, known = found.get("type") == "array", samples.VALUES.get(field)
    if field in samples.VALUES and is_list == isinstance(known, list):
        return known
    if is_list:
        items = found.get("items")
        return [value(items, shapes, field, depth + 1)] if isinstance(items, Mapping) else []
    told = (*found.get("examples", ()), *found.get("enum", ()))
    return told[0] if told else _plain(found, field)


def path(template: str) -> str:
    """A path with its parts filled in."""
    parts = template.split("/")
    for number, part in enumerate(parts):
        if part.startswith("{"):
            known = samples.VALUES.get(words.placed(template, part.strip("{}")), "example")
            parts[number] = quote(str(known), safe="")
    return "/".join(parts)


def curl(
    method: str, url: str, *, key: str, query: Sequence[tuple[str, str]], sent: object, once: bool
) -> str:
    """The request as it is typed into a shell."""
    asked = "&".join(f"{name}={quote(text, safe='')}" for name, text in query)
    target = shlex.quote(f"{url}?{asked}") if asked else url
    lines = [f"curl {target}" if method == "GET" else f"curl -X {method} {target}"]
    if key:
        lines.append(f'-H "{key}: {VARIABLES[key]}"')
    if once:
        lines.append(f'-H "idempotency-key: {samples.VALUES["Idempotency-Key"]}"')
    if sent is not None:
        lines.append('-H "content-type: application/json"')
        lines.append(f"-d {shlex.quote(pretty(sent))}")
    return " \\\n  ".join(lines)


def pretty(found: object) -> str:
    """JSON as people write it."""
    return json.dumps(found, indent=2, ensure_ascii=False)


def _first(schema: Schema, shapes: Shapes) -> Schema:
    """The first of several schemas that is not null."""
    options = schema.get("anyOf") or schema.get("oneOf") or ()
    left = [one for one in options if one != _NULL]
    return _first(resolved(left[0], shapes), shapes) if left else schema


def _object(schema: Schema, shapes: Shapes, shape: str, depth: int) -> dict[str, Any]:
    if depth >= DEPTH_MAX:
        return {}
    required = schema.get("required", ())
    return {
        name: value(each, shapes, f"{shape}.{name}", depth + 1)
        for name, each in schema["properties"].items()
        if name in required or _is_telling(each, f"{shape}.{name}")
    }


def _is_telling(schema: Schema, place: str) -> bool:
    """Whether there is anything to show of a field that may be absent."""
    return place in samples.VALUES or bool(schema.keys() - {"description", "default"})


def _plain(schema: Schema, field: str) -> object:
    kind = schema.get("type")
    if kind == "string":
        return samples.TIME if field.endswith(samples.TIME_ENDINGS) else "…"
    if kind in ("integer", "number"):
        return max(0, schema.get("minimum", 0))
    if kind == "boolean":
        return bool(schema.get("default", False))
    return {} if kind == "object" else None
