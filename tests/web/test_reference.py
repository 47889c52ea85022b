"""The reference's own document beside ours, and its schemas over what is really answered."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from prepaid.domain.routing import file
from prepaid.web import openapi
from prepaid.web.proxied_document import ProxiedPaths
from tests.kit.door import Door
from tests.kit.proxied import HEADER, SHIPPED
from tests.web.estate import estate
from tests.web.examples import ALERTS, BILLING, EVERY_ROUTE, OVERRIDE, WORKSPACE, WORKSPACES

_PATH = Path(__file__).parents[1] / "data" / "reference-openapi.json"
REFERENCE = json.loads(_PATH.read_text("utf-8"))
OURS = openapi.document(EVERY_ROUTE, "http://shop.test", ProxiedPaths(file.parse(SHIPPED), HEADER))
OPERATIONS = [(path, method) for path, asked in REFERENCE["paths"].items() for method in asked]

#: In the reference, and nowhere here: what a register may tell beside what is sold.
NOT_TOLD = {
    *("companyRelationships", "enrichmentReport"),
    *("monitoring", "includedDocuments", "pricingMode"),
}
#: Served from what was stored, so there is nothing to be written otherwise.
NOT_ASKED = {("/v2/company/{requestId}", "get", "transliterate")}


def members(document: dict[str, Any], schema: Any, depth: int = 4) -> Iterator[tuple[str, bool]]:
    """The members of a schema and of what is in it, and whether they are always there."""
    if isinstance(schema, list):
        for part in schema:
            yield from members(document, part, depth)
    if not isinstance(schema, dict) or not depth:
        return
    if "$ref" in schema:
        found = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        yield from members(document, found, depth)
    for name in ("allOf", "anyOf", "oneOf", "items"):
        yield from members(document, schema.get(name), depth)
    for name, inner in schema.get("properties", {}).items():
        yield name, name in schema.get("required", ())
        for below, is_required in members(document, inner, depth - 1):
            yield f"{name}.{below}", is_required


def told(document: dict[str, Any], content: dict[str, Any]) -> dict[str, bool]:
    """By the members of a JSON body, whether they are always there."""
    schema = content.get("content", {}).get("application/json", {}).get("schema")
    return dict(members(document, schema))


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_document_tells_all_that_the_reference_tells(path: str, method: str) -> None:
    """A client that was made from the reference finds here what it knows."""
    theirs, ours = REFERENCE["paths"][path][method], OURS["paths"][path][method]
    known = {(one["in"], one["name"]): one for one in ours["parameters"]}
    for one in theirs.get("parameters", ()):
        if (path, method, one["name"]) not in NOT_ASKED:
            assert known[one["in"], one["name"]]["required"] == one["required"]
            assert ("enum" in one["schema"]) == ("enum" in known[one["in"], one["name"]]["schema"])

    assert ours.get("deprecated", False) == theirs.get("deprecated", False)
    asked = told(OURS, ours.get("requestBody", {}))
    for name, is_required in told(REFERENCE, theirs.get("requestBody", {})).items():
        assert asked[name] == is_required, name
    for status, answer in theirs["responses"].items():
        answered = told(OURS, ours["responses"][status])
        for name, is_always in told(REFERENCE, answer).items():
            if not NOT_TOLD & set(name.split(".")):
                assert answered[name] >= is_always, name


@cache
def validator(path: str, method: str, status: str) -> jsonschema.Draft202012Validator:
    """The reference's schema of an answer; a member it does not know is one too many."""
    schemas = {name: _strict(part) for name, part in REFERENCE["components"]["schemas"].items()}
    answer = REFERENCE["paths"][path][method]["responses"][status]
    schema = _strict(answer["content"]["application/json"]["schema"])
    return jsonschema.Draft202012Validator(schema | {"components": {"schemas": schemas}})


def _strict(part: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` is an alternative there."""
    if isinstance(part, list):
        return [_strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    made = {name: _strict(one) for name, one in part.items() if name != "nullable"}
    if "properties" in made and isinstance(made["properties"], dict):
        made.setdefault("additionalProperties", False)
    return {"anyOf": [made, {"type": "null"}]} if part.get("nullable") is True else made


CALLS: list[tuple[str, str, str, object]] = [
    ("get", BILLING + "/balance", BILLING + "/balance", None),
    ("get", ALERTS + "/config", ALERTS + "/config", None),
    ("patch", ALERTS + "/config", ALERTS + "/config", {"highUsageEnabled": True}),
    ("get", ALERTS + "/recent", ALERTS + "/recent?limit=200", None),
    ("get", ALERTS + "/workspaces/{workspaceId}/config", OVERRIDE, None),
    ("patch", ALERTS + "/workspaces/{workspaceId}/config", OVERRIDE, {"highUsageEnabled": False}),
    ("get", ALERTS + "/workspaces/{workspaceId}/config", OVERRIDE, None),
    (
        "patch",
        ALERTS + "/workspaces/{workspaceId}/config",
        OVERRIDE,
        {"highUsageTiers": [{"tier": "critical", "cents": 1}], "highUsagePeriodMinutes": 5},
    ),
    ("get", ALERTS + "/workspaces/{workspaceId}/config", OVERRIDE, None),
    ("delete", ALERTS + "/workspaces/{workspaceId}/config", OVERRIDE, None),
]


async def test_what_is_answered_fits_the_schemas_of_the_reference(door: Door) -> None:
    """Its types, its required members, and none that it does not have."""
    place = await estate(door)
    for method, path, address, body in CALLS:
        asked = address.format(workspace=place.facts.workspace)
        rest = {} if body is None else {"json": body}
        answer = await place.ada.ask(method.upper(), asked, **rest)

        assert answer.status_code == 200, answer.text
        validator(path, method, "200").validate(answer.json())
    recent = (await place.ada.ask("GET", ALERTS + "/recent")).json()
    assert recent, "else nothing was compared"


async def test_workspaces_are_answered_as_the_guide_shows(door: Door) -> None:
    """The reference has no schema for these, so the statuses and the bodies it asks for."""
    ada = await door.customer()

    async def ask(method: str, path: str, body: object = None) -> httpx.Response:
        rest = {} if body is None else {"json": body}
        answer = await ada.ask(method, path, **rest)
        known = path.replace("/new", "/{name}")
        assert str(answer.status_code) in REFERENCE["paths"][known][method.lower()]["responses"]
        return answer

    made = (await ask("POST", WORKSPACES, WORKSPACE | {"name": "new"})).json()
    changed = (await ask("PATCH", WORKSPACES + "/new", {"legalName": "Other"})).json()
    listed = (await ask("GET", WORKSPACES)).json()
    await ask("GET", WORKSPACES + "/usage")
    await ask("DELETE", WORKSPACES + "/new")

    assert (made["name"], changed["legalName"]) == ("new", "Other")
    assert {one["name"] for one in listed} == {"default", "new"}
