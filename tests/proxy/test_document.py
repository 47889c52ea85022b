"""The proxied routes in the OpenAPI document: as they are, tried by schemathesis."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation

from prepaid.domain.company import requests as company_requests
from prepaid.domain.countries import ISO3
from prepaid.domain.refusals import Refusal
from prepaid.domain.routing import file
from prepaid.web import openapi
from prepaid.web.proxied_document import ProxiedPaths
from prepaid.web.proxied_shapes import CompanyBody, OnboardingBody
from tests.kit.door import OPERATOR
from tests.kit.proxied import HEADER, SHIPPED
from tests.kit.server import served
from tests.postgres import database

ACCOUNTS = "/v2/operator/accounts"
PRICES = ("report", "test-company-data", "fra-company-data", "test-graph")
EXAMPLES = 8
TEXT = (
    SHIPPED
    + """
[[routes]]
name = "lookup"
method = "POST"
path = "/v1/lookups/{id}"
upstream = "register"
upstream_path = "/v2/company"
sku = "report"

[[routes]]
name = "anything"
method = "GET"
path = "/v1/free/{rest*}"
upstream = "register"
free = true

[[routes]]
name = "flow"
method = "PUT"
path = "/v1/flows"
upstream = "register"
upstream_path = "/v2/company"
sku = "report"
mode = "stream"
"""
)
Case = schemathesis.Case[Any]
DOCUMENT = openapi.document([], "http://shop.test", ProxiedPaths(file.parse(TEXT), HEADER))
schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
UNSAID: list[Any] = [
    # What a schema cannot say is refused too: a workspace nobody has made, no data points at all.
    schemathesis.checks.CHECKS.get_one("positive_data_acceptance"),
]
REFUSES: Any = schemathesis.checks.CHECKS.get_one("negative_data_rejection")


@dataclass
class Service:
    """A running service, and a customer with credit."""

    session: requests.Session
    url: str


@pytest.fixture(scope="module")
def service(
    postgres_server: str, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """On PostgreSQL, which takes fewer texts than SQLite."""
    routes: Path = tmp_path_factory.mktemp("proxy") / "routes.toml"
    routes.write_text(TEXT, "utf-8")
    with (
        database(postgres_server, postgres_template) as place,
        served(place, PREPAID_ROUTES=str(routes)) as server,
        requests.Session() as session,
    ):

        def post(path: str, **body: Any) -> Any:
            return session.post(server.url + path, json=body, headers=OPERATOR, timeout=30).json()

        ada = post(ACCOUNTS, name="Ada", sandbox=True)["id"]
        post(f"{ACCOUNTS}/{ada}/credits", cents=10**9, reason="a grant")
        listed: Any = {"prices": [{"sku": sku, "credits": 1} for sku in PRICES]}
        session.put(
            server.url + "/v2/operator/prices", json=listed, headers=OPERATOR, timeout=30
        ).raise_for_status()
        session.headers["x-api-key"] = post(f"{ACCOUNTS}/{ada}/keys")["key"]
        yield Service(session, server.url)


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_documented(case: Case, service: Service) -> None:
    """Neither what is right nor what is wrong makes a fault, or an answer the document lacks."""
    response = case.call(base_url=service.url, session=service.session)

    unsaid = [*UNSAID, REFUSES] if asks_for_more_only(case) else UNSAID
    case.validate_response(response, excluded_checks=unsaid)
    assert response.headers["x-request-id"]


def asks_for_more_only(case: Case) -> bool:
    """Whether it is right but for what goes on to the upstream, or a key that the session sends."""
    parts = {} if case.meta is None else case.meta.components
    wrong = {part for part, info in parts.items() if info.mode is GenerationMode.NEGATIVE}
    if not wrong <= {ParameterLocation.HEADER, ParameterLocation.QUERY}:
        return False
    return case.path != "/v2/pricing" or (case.query or {}).get("countryCode") in tuple(ISO3)


def test_the_document_is_served_as_it_was_tried(service: Service) -> None:
    served_as = requests.get(service.url + "/openapi.json", timeout=30).json()
    told = json.loads(json.dumps(DOCUMENT))

    assert {path: served_as["paths"][path] for path in told["paths"]} == told["paths"]
    schemas = told["components"]["schemas"]
    assert {name: served_as["components"]["schemas"][name] for name in schemas} == schemas
    assert [name for name in served_as["components"]["schemas"] if not name.isalpha()] == []


@pytest.mark.parametrize(
    "body", [{"dataPoints": ["company", "graph"]}, {"dataPoints": ["subsidiaries"]}]
)
def test_a_right_request_is_answered_as_documented(
    service: Service, body: dict[str, object]
) -> None:
    """Random bodies seldom buy anything."""
    asked: Any = {"id": "1", "countryCode": "TEST", "metadata": {"a": "b"}} | body
    operation = schema["/v2/company"]["POST"]
    first = service.session.post(service.url + "/v2/company", json=asked, timeout=30)
    request_id = first.json()["request"]["requestId"]
    stored = service.session.get(f"{service.url}/v2/company/{request_id}", timeout=30)

    assert first.status_code == stored.status_code == 200
    operation.validate_response(first)
    schema["/v2/company/{requestId}"]["GET"].validate_response(stored)


@pytest.mark.parametrize(
    ("told", "read"), [(CompanyBody, "parse_company"), (OnboardingBody, "parse_onboarding")]
)
def test_what_is_told_of_a_body_is_what_is_read(told: type[msgspec.Struct], read: str) -> None:
    """Each documented field is known to the parser, which knows no others but the request id."""
    parse = getattr(company_requests, read)
    names = [field.encode_name for field in msgspec.structs.fields(told)]
    least = {"id": "1", "countryCode": "FR", "dataPoints": ["companyProfile"]}
    for name in names:
        parse(msgspec.json.encode({name: None} | least), has_test=False)
    with pytest.raises(Refusal, match="is not a field"):
        parse(msgspec.json.encode(least | {"nothing": None}), has_test=False)


def test_routes_of_ones_own_leave_company_shapes_out() -> None:
    own = file.parse(
        '[upstreams.far]\nurl = "http://far"\n'
        '[[routes]]\nname = "r"\nmethod = "POST"\npath = "/v1/r"\nupstream = "far"\nsku = "r"\n'
    )
    made = openapi.document([], "http://shop.test", ProxiedPaths(own, "x-client"))

    assert "CompanyAnswer" not in made["components"]["schemas"]
    operation = made["paths"]["/v1/r"]["post"]
    assert [one["name"] for one in operation["parameters"]] == ["x-client", "Idempotency-Key"]
    assert {"default", "402", "502", "504"} <= set(operation["responses"])
