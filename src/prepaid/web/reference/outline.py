"""The OpenAPI document as the page shows it: headings, routes, their fields, answers, examples."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from prepaid.web.errors import STATUSES
from prepaid.web.reference import examples
from prepaid.web.reference.fields import Field, Shapes, name_of, resolved, row, rows
from prepaid.web.reference.refusals import MEANINGS

Document = Mapping[str, Any]

ERRORS_FROM = 400
JSON = "application/json"


class Body(NamedTuple):
    """One way to fill the body."""

    name: str
    about: str
    is_required: bool
    fields: tuple[Field, ...]


class Answer(NamedTuple):
    """The answer when it went well."""

    status: str
    also: tuple[str, ...]  # media types beside JSON
    fields: tuple[Field, ...]
    example: str  # as JSON; empty: it is not ours to say


class Failure(NamedTuple):
    """A refusal."""

    status: str
    code: str
    meaning: str


class Operation(NamedTuple):
    """One route."""

    anchor: str
    method: str
    path: str
    title: str
    about: str
    key: str  # the header that says who asks; empty: nobody has to
    path_fields: tuple[Field, ...]
    query_fields: tuple[Field, ...]
    header_fields: tuple[Field, ...]
    bodies: tuple[Body, ...]
    answers: tuple[Answer, ...]
    failures: tuple[Failure, ...]
    request: str  # as curl


class Group(NamedTuple):
    """A heading with its routes."""

    anchor: str
    name: str
    about: str
    operations: tuple[Operation, ...]


class Outline(NamedTuple):
    """The whole page."""

    version: str
    server: str
    groups: tuple[Group, ...]
    failures: tuple[Failure, ...]  # every one there is


def outline(document: Document) -> Outline:
    """The page of a document."""
    server = str(document["servers"][0]["url"]).rstrip("/")
    groups = tuple(
        Group(
            anchor=re.sub(r"[^a-z]+", "-", tag["name"].lower()),
            name=tag["name"],
            about=tag["description"],
            operations=tuple(_operations(document, server, tag["name"])),
        )
        for tag in document["tags"]
    )
    every = sorted((str(status), code) for code, status in STATUSES.items())
    known = tuple(Failure(status, code, MEANINGS[code]) for status, code in every)
    return Outline(str(document["info"]["version"]), server, groups, known)


def _operations(document: Document, server: str, tag: str) -> Iterator[Operation]:
    shapes = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, found in methods.items():
            if tag in found["tags"]:
                yield _operation(path, method.upper(), found, shapes, server)


def _operation(path: str, method: str, found: Document, shapes: Shapes, server: str) -> Operation:
    title, about = str(found["summary"]), str(found.get("description", ""))
    key = next(iter(found.get("security", [{}])[0]), "")
    bodies = tuple(_bodies(found, shapes))
    return Operation(
        anchor=str(found["operationId"]).replace(".", "-"),
        method=method,
        path=path,
        title=title,
        about="" if about.rstrip(".") == title else about,
        key=key,
        path_fields=_parameters(found, shapes, "path"),
        query_fields=_parameters(found, shapes, "query"),
        header_fields=_parameters(found, shapes, "header"),
        bodies=bodies,
        answers=tuple(_answers(found, shapes)),
        failures=tuple(_failures(found)),
        request=_request(path, method, found, shapes, server, key),
    )


def _parameters(found: Document, shapes: Shapes, place: str) -> tuple[Field, ...]:
    return tuple(
        row(
            one["name"],
            one["schema"] | {k: one[k] for k in ("description",) if k in one},
            shapes,
            is_required=bool(one.get("required")),
        )
        for one in found["parameters"]
        if one["in"] == place
    )


def _bodies(found: Document, shapes: Shapes) -> Iterator[Body]:
    sent = found.get("requestBody", {})
    schema = sent.get("content", {}).get(JSON, {}).get("schema")
    if schema is None:
        return
    for one in schema.get("oneOf", [schema]):
        about = str(resolved(one, shapes).get("description", ""))
        yield Body(name_of(one), about, bool(sent["required"]), rows(one, shapes))


def _answers(found: Document, shapes: Shapes) -> Iterator[Answer]:
    for status, told in found["responses"].items():
        if status.isdigit() and int(status) >= ERRORS_FROM:
            continue
        content = told.get("content", {})
        schema = content.get(JSON, {}).get("schema")
        also = tuple(kind for kind in content if kind not in (JSON, "*/*"))
        if schema is None or schema in ({}, {"type": "null"}):
            yield Answer(status, also, (), "")
            continue
        example = examples.pretty(examples.value(schema, shapes, name_of(schema)))
        fields = rows(resolved(schema, shapes).get("items", schema), shapes)
        yield Answer(status, also, fields, example)


def _failures(found: Document) -> Iterator[Failure]:
    for status, told in found["responses"].items():
        codes = re.findall(r"[a-z_]+", told["description"])
        for code in codes:
            if code in MEANINGS and str(STATUSES[code]) == status:
                yield Failure(status, code, MEANINGS[code])


def _request(path: str, method: str, found: Document, shapes: Shapes, server: str, key: str) -> str:
    query = [
        (one["name"], str(examples.value(one["schema"], shapes, one["name"])))
        for one in found["parameters"]
        if one["in"] == "query" and one.get("required")
    ]
    schema = found.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
    first = None if schema is None else schema.get("oneOf", [schema])[0]
    return examples.curl(
        method,
        server + examples.path(path),
        key=key,
        query=query,
        sent=None if first is None else examples.body(first, shapes) or None,
        once=any(one["name"] == "Idempotency-Key" for one in found["parameters"]),
    )
