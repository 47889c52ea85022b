"""The OpenAPI 3.1 document, made of the same structs and routes that serve requests."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from prepaid import __version__
from prepaid.web.errors import STATUSES, Envelope
from prepaid.web.routing import Route

REF = "#/components/schemas/{name}"
SECURITY = {"operator": "x-operator-key", "account": "x-api-key"}
ALWAYS = {"anyone": (), "operator": ("unauthorized",), "account": ("unauthorized", "forbidden")}

Document = dict[str, Any]


def document(routes: Sequence[Route], server: str) -> Document:
    """The whole document."""
    kinds: list[Any] = [Envelope]
    for route in routes:
        kinds += [k for k in (route.body, route.query, route.answer) if k not in (None, bytes)]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REF)
    known = {str(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: Document = {}
    for route in routes:
        operation = _operation(route, known, components)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Prepaid", "version": __version__},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": name} for name in SECURITY.values()
            },
        },
    }


def _operation(route: Route, known: Document, components: Document) -> Document:
    operation: Document = {
        "operationId": f"{route.handler.__module__.rpartition('.')[2]}.{route.handler.__name__}",
        "summary": route.summary,
        "description": route.handler.__doc__ or "",
        "parameters": _parameters(route, components),
        "responses": _responses(route, known),
    }
    if route.who in SECURITY:
        operation["security"] = [{SECURITY[route.who]: []}]
    if route.body is not None:
        content = {"application/json": {"schema": known[str(route.body)]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


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
    return {name: value for name, value in plain.items() if name != "default"}


def _responses(route: Route, known: Document) -> Document:
    content: Document = {"text/plain": {"schema": {"type": "string"}}}
    if route.answer is not bytes:
        content = {"application/json": {"schema": known[str(route.answer)]}}
    responses: Document = {str(route.status): {"description": "Done", "content": content}}
    codes = [*ALWAYS[route.who], *route.refusals, "overloaded"]
    if route.who == "account":
        codes.append("account_closed")
    if "{" in route.path:
        codes.append("not_found")
    if route.body is not None or route.query is not None or route.is_idempotent:
        codes.append("invalid_request")
    if route.body is not None:
        codes += ["payload_too_large", "unsupported_media_type"]
    if route.is_idempotent:
        codes.append("idempotency_key_reused")
    for status in sorted({STATUSES[code] for code in codes}):
        here = sorted(code for code in set(codes) if STATUSES[code] == status)
        envelope = {"application/json": {"schema": known[str(Envelope)]}}
        responses[str(status)] = {"description": ", ".join(here), "content": envelope}
    return responses
