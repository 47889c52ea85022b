"""The OpenAPI document tells the truth: schemathesis asks what it offers, and what it forbids."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation

from prepaid.web import openapi
from tests.kit.door import CHARGES, OPERATOR
from tests.postgres import database
from tests.web.examples import EVERY_ROUTE
from tests.web.service import running

ACCOUNTS = "/v2/operator/accounts"
EXAMPLES = 8
Case = schemathesis.Case[Any]
DOCUMENT = openapi.document(EVERY_ROUTE, "http://shop.test")
schema = schemathesis.openapi.from_dict(DOCUMENT)


schema.config.checks.negative_data_rejection.expected_statuses += ["413"]  # too many items
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
UNSAID: list[Any] = [
    # What a schema cannot say is refused too: a name twice in a list, a cursor of somebody else.
    schemathesis.checks.CHECKS.get_one("positive_data_acceptance"),
    # `allow` names the methods of /charges/{id} for /charges/batch as well, which it matches.
    schemathesis.checks.CHECKS.get_one("allow_header_conformance"),
]

REFUSES: Any = schemathesis.checks.CHECKS.get_one("negative_data_rejection")


@dataclass
class Service:
    """A running service with an account whose key is used, and another to be played with."""

    session: requests.Session
    url: str
    ids: dict[str, str]  # what is put into paths, by a part of the path


@pytest.fixture(scope="module")
def service(postgres_server: str, postgres_template: str) -> Iterator[Service]:
    """On PostgreSQL, which takes fewer texts and numbers than SQLite."""
    with (
        database(postgres_server, postgres_template) as place,
        running(place) as url,
        requests.Session() as session,
    ):
        session.headers.update(OPERATOR)

        def post(path: str, **body: Any) -> Any:
            return session.post(url + path, json=body).json()

        ada, bob = (post(ACCOUNTS, name=name, sandbox=True)["id"] for name in "ab")
        for account in (ada, bob):
            post(f"{ACCOUNTS}/{account}/credits", cents=10**9, reason="a grant")
        spare = post(f"{ACCOUNTS}/{bob}/keys")["id"]
        charge = post(CHARGES, accountId=bob, sku="report")["id"]
        session.headers["x-api-key"] = post(f"{ACCOUNTS}/{ada}/keys")["key"]
        post("/v2/workspaces", name="acme", legalName="Acme")
        ids = {"accounts/{id}": bob, "{keyId}": spare, "charges/{id}": charge}
        yield Service(session, url, ids | {"{name}": "acme", "{workspaceId}": "acme"})


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_documented(case: Case, service: Service) -> None:
    """Neither what is right nor what is wrong makes a 5xx, or an answer the document lacks."""
    if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
        for part, value in service.ids.items():
            if part in case.path:
                name = part.partition("{")[2].removesuffix("}")
                case.path_parameters[name] = value
    response = case.call(base_url=service.url, session=service.session)

    # A bad item of a batch does not spoil the others: it is refused within a 200.
    is_right = case.path.endswith("/batch") or lacks_only_its_key(case)
    unsaid = [*UNSAID, REFUSES] if is_right else UNSAID
    case.validate_response(response, excluded_checks=unsaid)
    assert response.headers["x-request-id"]
    if response.status_code >= 400:
        assert set(response.json()) == {"statusCode", "error"}


def lacks_only_its_key(case: Case) -> bool:
    """Whether nothing but headers was made wrong: the session sends the keys all the same."""
    parts = {} if case.meta is None else case.meta.components
    wrong = {part for part, info in parts.items() if info.mode is GenerationMode.NEGATIVE}
    return wrong == {ParameterLocation.HEADER}


def test_the_document_is_served_as_it_was_tried(service: Service) -> None:
    served = requests.get(service.url + "/openapi.json", timeout=10).json()

    assert served["paths"] == json.loads(json.dumps(DOCUMENT["paths"]))
    assert served["components"] == json.loads(json.dumps(DOCUMENT["components"]))


def test_names_in_the_document_are_plain() -> None:
    """Two structs of one name would be told apart by their modules, which are nobody's business."""
    names = DOCUMENT["components"]["schemas"]

    assert [name for name in names if not name.isalpha()] == []


def test_every_pattern_ends_where_the_text_ends() -> None:
    """`$` also matches before a line feed at the end, and lets it through."""
    bodies = [kind for route in EVERY_ROUTE for kind in (route.body, route.query) if kind]
    shapes = msgspec.json.schema_components(bodies, schema_hook=lambda _: {"type": "number"})
    patterns = re.findall(r'"pattern": "(.*?)"[,}]', json.dumps(shapes))

    assert patterns
    assert [pattern for pattern in patterns if not pattern.endswith(r"\\Z")] == []
