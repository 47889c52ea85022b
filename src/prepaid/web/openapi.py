"""The OpenAPI 3.1 document, made of the same structs and routes that serve requests."""

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import msgspec

from prepaid import __version__
from prepaid.web import answer_schemas
from prepaid.web.charge_shapes import BatchItem
from prepaid.web.endpoints import has_required
from prepaid.web.errors import STATUSES, Envelope
from prepaid.web.reference import words
from prepaid.web.reference.tags import TAGS, tag_of
from prepaid.web.routing import Route
from prepaid.web.shapes import Amount

REF = "#/components/schemas/{name}"
SECURITY = {"operator": "x-operator-key", "account": "x-api-key"}
ALWAYS = {"anyone": (), "operator": ("unauthorized",), "account": ("unauthorized", "forbidden")}

Document = dict[str, Any]


class Beside(Protocol):
    """Operations that no `Route` serves: those of the proxied routes."""

    @property
    def kinds(self) -> Sequence[Any]:
        """What their bodies and answers are made of."""

    def operations(self, known: Document) -> Iterator[tuple[str, str, Document]]:
        """Path, method and operation of each; `known` are the schemas, by `str(kind)`."""


def document(routes: Sequence[Route], server: str, beside: Beside | None = None) -> Document:
    """The whole document."""
    kinds: list[Any] = [Envelope, BatchItem, *(beside.kinds if beside else ())]
    for route in routes:
        kinds += [k for k in (route.body, route.query, route.answer) if k not in (None, bytes)]
    made = msgspec.json.schema_components(kinds, schema_hook=_custom, ref_template=REF)
    schemas, components = _on_the_wire(made)
    components = words.described(answer_schemas.completed(components, kinds))
    known = {str(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: Document = {}
    for route in routes:
        operation = _operation(route, known, components)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    for path, method, operation in beside.operations(known) if beside else ():
        paths.setdefault(path, {})[method] = _with_words(path, operation)
    used = {tag_of(path).name for path in paths}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Prepaid", "version": __version__},
        "servers": [{"url": server}],
        "tags": [{"name": tag.name, "description": tag.about} for tag in TAGS if tag.name in used],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": name} for name in SECURITY.values()
            },
        },
    }


def _custom(kind: type) -> Document:
    assert kind is Amount, "the only type of ours in a body"
    return {"type": "number"}


def _on_the_wire(part: object) -> Any:  # noqa: ANN401 - a JSON tree, as it came
    """Schemas as JSON has them: a decimal is a number, and a pattern ends with `$`."""
    if isinstance(part, list | tuple):
        return [_on_the_wire(item) for item in part]
    if isinstance(part, str):
        return re.sub(r"\\Z\Z", "$", part)
    if not isinstance(part, dict):
        return part
    if part.get("format") == "decimal":
        return {"type": "number"}
    return {name: _on_the_wire(value) for name, value in part.items()}


def _operation(route: Route, known: Document, components: Document) -> Document:
    place = route.handler.__module__.removeprefix("prepaid.web.").replace(".", "_")
    operation: Document = {
        "operationId": f"{place}.{route.handler.__name__}",
        "summary": route.summary,
        "description": inspect.cleandoc(route.handler.__doc__ or ""),
        "parameters": _parameters(route, components),
        "responses": _responses(route, known),
    }
    if route.who in SECURITY:
        operation["security"] = [{SECURITY[route.who]: []}]
    if route.body is not None:
        content = {"application/json": {"schema": known[str(route.body)]}}
        operation["requestBody"] = {"required": has_required(route.body), "content": content}
    return _with_words(route.path, operation)


def _with_words(path: str, operation: Document) -> Document:
    """The operation under its heading, with what the parts of its path and its headers mean."""
    for parameter in operation["parameters"]:
        name, is_part = parameter["name"], parameter["in"] == "path"
        about = words.of_path(path, name) if is_part else words.of_name(name)
        if about is not None and "description" not in parameter["schema"]:
            parameter.setdefault("description", about)
    return operation | {"tags": [tag_of(path).name]}


def _parameters(route: Route, components: Document) -> list[Document]:
    parameters: list[Document] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.query is not None:
        schema = components[route.query.__name__]
        required = schema.get("required", [])
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": _plain(value)}
            for name, value in schema["properties"].items()
        ]
    if route.is_idempotent:
        schema = {"type": "string", "pattern": r"^[\x20-\x7e]{1,255}$"}
        parameters.append({"name": "Idempotency-Key", "in": "header", "schema": schema})
    return parameters


def _plain(schema: Document) -> Document:
    """A query parameter is there or not; it cannot be null."""
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    plain: Document = options[0] if len(options) == 1 else schema
    told = {name: schema[name] for name in ("description",) if name in schema}
    return {name: value for name, value in (plain | told).items() if name != "default"}


def _responses(route: Route, known: Document) -> Document:
    content: Document = {"text/plain": {"schema": {"type": "string"}}}
    if route.answer is not bytes:
        content = {"application/json": {"schema": known[str(route.answer)]}}
    content |= {kind: {"schema": {"type": "string"}} for kind in route.also_as}
    responses: Document = {str(route.status): {"description": "Done", "content": content}}
    codes = [*ALWAYS[route.who], *route.refusals, "overloaded", "invalid_request"]
    if route.who == "account":
        codes.append("account_closed")
    if "{" in route.path:
        codes.append("not_found")
    if route.body is not None:
        codes += ["payload_too_large", "unsupported_media_type"]
    if route.is_idempotent:
        codes.append("idempotency_key_reused")
    return responses | refused(codes, known)


def refused(codes: Iterable[str], known: Document) -> Document:
    """The answers of refusals, by status."""
    responses: Document = {}
    for status in sorted({STATUSES[code] for code in codes}):
        here = sorted(code for code in set(codes) if STATUSES[code] == status)
        envelope = {"application/json": {"schema": known[str(Envelope)]}}
        responses[str(status)] = {"description": ", ".join(here), "content": envelope}
    return responses
