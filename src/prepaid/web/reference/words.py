"""Puts into the OpenAPI document what its fields and the parts of its paths mean."""

from collections.abc import Mapping
from typing import Any

from prepaid.web.reference.answer_words import ANSWERS
from prepaid.web.reference.request_words import REQUESTS

_WORDS: Mapping[str, str] = {**ANSWERS, **REQUESTS}


def described(shapes: Mapping[str, Any]) -> dict[str, Any]:
    """The schemas, with a description for each field that has none of its own.

    What was said of a field in one shape alone wins over what its type says of itself.
    """
    return {name: _shape(name, schema) for name, schema in shapes.items()}


def of_path(path: str, name: str) -> str | None:
    """What a part of a path means, known by the word before it."""
    return _WORDS.get(placed(path, name))


def of_name(name: str) -> str | None:
    """What a parameter means, whatever the path."""
    return _WORDS.get(name)


def placed(path: str, name: str) -> str:
    """A part of a path with the word before it: `accounts/{id}`."""
    before = path.partition(f"/{{{name}}}")[0].rpartition("/")[2]
    return f"{before}/{{{name}}}"


def _shape(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties")
    if not properties:
        return dict(schema)
    is_sent = name.endswith(("Body", "Patch", "Query", "Item"))
    words = _WORDS if is_sent else {**_WORDS, **ANSWERS}
    found = {field: _field(name, field, value, words) for field, value in properties.items()}
    return {**schema, "properties": found}


def _field(
    shape: str, name: str, value: Mapping[str, Any], words: Mapping[str, str]
) -> dict[str, Any]:
    own = words.get(f"{shape}.{name}")
    if own is None and not _is_described(value):
        own = words.get(name)
    return dict(value) if own is None else {**value, "description": own}


def _is_described(value: Mapping[str, Any]) -> bool:
    options = value.get("anyOf", ())
    return "description" in value or any("description" in option for option in options)
