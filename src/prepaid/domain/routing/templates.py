"""Texts with holes: `{body.country|iso3}-report`. Knows what a request says, not what it costs.

A field names a part of the request: `path.NAME`, `query.NAME`, `header.NAME`, `body.A.B`; or of
the upstream's answer: `answer.A.B`; or, where one SKU is made per item, the `item`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal, cast

from msgspec import Struct
from msgspec.structs import force_setattr

from prepaid.domain.countries import ISO3
from prepaid.domain.refusals import Refusal, invalid
from prepaid.domain.routing import json_trees
from prepaid.domain.routing.json_trees import Json

Source = Literal["path", "query", "header", "body", "answer", "item"]
SOURCES: Final = ("path", "query", "header", "body", "answer", "item")
ITEM: Final = "{item}"  # as a segment of a path: the item itself
VALUE_MAX = 500  # characters that one hole may be filled with
_NOTHING: Mapping[str, str] = MappingProxyType({})
_HOLE = re.compile(r"\{([^{}]*)\}")
_SEGMENT = re.compile(r"[A-Za-z0-9_$@-]+|\*|\{item\}")
_HEADER = re.compile(r"[a-z0-9-]+")
_KEPT = re.compile(r"[A-Za-z0-9._~-]*")

FILTERS: Final[Mapping[str, Callable[[str], str | None]]] = MappingProxyType(
    {"lower": str.lower, "upper": str.upper, "iso3": lambda text: ISO3.get(text.upper())}
)


class Field(Struct, frozen=True):
    """A named part of a request or answer, and what is done to its text."""

    source: Source
    path: tuple[str, ...]  # one name, except in JSON; empty for the item
    change: str | None = None  # a name in FILTERS

    @property
    def name(self) -> str:
        """What a refusal calls it: `countryCode`, `header x-model`."""
        if self.source == "body":
            return ".".join(self.path) or "body"
        return " ".join((self.source, *self.path))


class Template(Struct, frozen=True):
    """Fixed texts and the fields between them, in order."""

    parts: tuple[str | Field, ...]
    fields: tuple[Field, ...] = ()  # the holes among them

    def __post_init__(self) -> None:
        """Find the holes once, not with each request."""
        holes = tuple(part for part in self.parts if isinstance(part, Field))
        force_setattr(self, "fields", holes)


class Asked(Struct, frozen=True):
    """What a request says, as far as routes can ask for it."""

    path: Mapping[str, str] = _NOTHING  # of the route's {params}, still percent-encoded
    query: Mapping[str, str] = _NOTHING  # decoded; the first value of each name
    headers: Mapping[str, str] = _NOTHING  # names in lower case
    body: Json = None  # None when there is none, or it is no JSON
    answer: Json = None  # the upstream's, once it is there


class TemplateError(ValueError):
    """A template or field in the routes file is wrong; the message says why."""


def field(source_text: str) -> Field:
    """The field a text names, for example `body.countryCode|iso3`.

    Raises:
        TemplateError: no such source, filter or path.
    """
    text, bar, change = source_text.strip().partition("|")
    change = change.strip()
    if bar and change not in FILTERS:
        raise TemplateError(f"{change!r} is no filter; there are {', '.join(FILTERS)}")
    source, *path = text.strip().split(".")
    if source not in SOURCES:
        raise TemplateError(f"{source!r} is no source; there are {', '.join(SOURCES)}")
    _check_path(source, path)
    return Field(cast("Source", source), tuple(path), change or None)


def template(text: str) -> Template:
    """A text with `{field}` holes.

    Raises:
        TemplateError: a hole is no field, or a brace has no partner.
    """
    parts: list[str | Field] = []
    end = 0
    for hole in _HOLE.finditer(text):
        parts += [text[end : hole.start()], field(hole[1])]
        end = hole.end()
    parts.append(text[end:])
    if any(isinstance(part, str) and ("{" in part or "}" in part) for part in parts):
        raise TemplateError(f"{text!r} has a brace without its partner")
    return Template(tuple(part for part in parts if part))


def path(text: str) -> tuple[str, ...]:
    """A path into a JSON document: `request.workspace`, `items.*.kind`, `status.{item}`.

    Raises:
        TemplateError: a segment is empty or holds other characters.
    """
    segments = tuple(text.split("."))
    _check_path("body", segments)
    return segments


def value(wanted: Field, asked: Asked, item: str | None = None) -> str | None:
    """The text of a field; None when the request does not say it, or no text can be made of it.

    None too when the filter knows no such value.
    """
    found = _raw(wanted, asked, item)
    if found is None or len(found) > VALUE_MAX:
        return None
    return FILTERS[wanted.change](found) if wanted.change else found


def required(wanted: Field, asked: Asked, item: str | None = None) -> str:
    """The text of a field.

    Raises:
        Refusal: 400 naming the field, when the request does not say it.
    """
    found = value(wanted, asked, item)
    if found is None:
        raise missing(wanted)
    return found


def render(wanted: Template, asked: Asked, item: str | None = None) -> str:
    """The text with its holes filled.

    Raises:
        Refusal: 400 naming the first field that the request does not say.
    """
    filled = (
        part if isinstance(part, str) else required(part, asked, item) for part in wanted.parts
    )
    return "".join(filled)


def render_path(wanted: Template, asked: Asked) -> str:
    """A template as a URL path: what fills a hole stays inside its segment.

    Raises:
        Refusal: 400 naming the first field that is missing or is no plain path segment.
    """
    return "".join(_part_of_path(part, asked) for part in wanted.parts)


def missing(wanted: Field) -> Refusal:
    """`400 invalid_request` for a field that prices or routes the request and is not there."""
    if wanted.change == "iso3":
        return invalid(wanted.name, "must be a country we know, in two letters")
    return invalid(wanted.name, f"must be there, with at most {VALUE_MAX} characters")


def _part_of_path(part: str | Field, asked: Asked) -> str:
    if isinstance(part, str):
        return part
    found = required(part, asked)
    if part.source == "path":  # came as one encoded segment, or as the rest of a path
        return found
    if not _KEPT.fullmatch(found) or found in {"", ".", ".."}:
        raise invalid(part.name, "must hold letters, digits and . _ ~ - only")
    return found


def _raw(wanted: Field, asked: Asked, item: str | None) -> str | None:
    if wanted.source == "item":
        return item
    if wanted.source == "path":
        return asked.path.get(wanted.path[0])
    if wanted.source == "query":
        return asked.query.get(wanted.path[0])
    if wanted.source == "header":
        return asked.headers.get(wanted.path[0])
    tree = asked.body if wanted.source == "body" else asked.answer
    return json_trees.text(json_trees.at(tree, wanted.path))


def _check_path(source: str, segments: Sequence[str]) -> None:
    if source == "item":
        if segments:
            raise TemplateError("item has no parts")
        return
    if source in {"body", "answer"}:
        wrong = [segment for segment in segments if not _SEGMENT.fullmatch(segment)]
    elif len(segments) != 1:
        raise TemplateError(f"{source} needs one name, for example {source}.country")
    else:
        pattern = _HEADER if source == "header" else _SEGMENT
        wrong = [segment for segment in segments if not pattern.fullmatch(segment)]
    if wrong or not segments:
        raise TemplateError(f"{'.'.join((source, *segments))!r} is no path")
