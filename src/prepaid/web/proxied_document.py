"""The proxied routes in the OpenAPI document: the company routes in full, others as far as known.

What an upstream of the seller's asks and answers is the upstream's own, so it is left open.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

from prepaid.domain.countries import Country
from prepaid.domain.routing.routes import Route, Routes, Shape
from prepaid.web.openapi import ALWAYS, Document, refused
from prepaid.web.proxied_shapes import (
    CompanyAnswer,
    CompanyBody,
    OnboardingBody,
    PricingAnswer,
    StoredAnswerBody,
)

TITLES: Final[Mapping[Shape, str]] = {
    "company": "Ask for company data",
    "onboarding": "Ask for a company profile in onboarding mode",
    "pricing": "Show what a country's data costs",
}
BODIES: Final[Mapping[Shape, type]] = {"company": CompanyBody, "onboarding": OnboardingBody}
TRANSLITERATE: Final = {
    "schema": {"type": "boolean"},
    "description": "Passed on: whether the register writes names in Latin letters",
}
#: Codes of what is billed, beyond those of every customer's route.
BILLED: Final = ("insufficient_funds", "workspace_limit_reached")
PASSED_ON: Final = ("upstream_failed", "upstream_timeout", "payload_too_large")
EVERY: Final = (*ALWAYS["account"], "account_closed", "invalid_request", "overloaded")


class ProxiedPaths:
    """The operations of a routes file."""

    kinds: tuple[Any, ...] = (
        CompanyBody,
        OnboardingBody,
        StoredAnswerBody,
        CompanyAnswer,
        PricingAnswer,
    )

    def __init__(self, routes: Routes, workspace_header: str) -> None:
        self._routes = routes.routes
        self._workspace_header = workspace_header
        # A file without company routes leaves their shapes out.
        if all(route.shape == "plain" and not _is_stored(route) for route in self._routes):
            self.kinds = ()

    def operations(self, known: Document) -> Iterator[tuple[str, str, Document]]:
        """Path, method and operation of each route."""
        for route in self._routes:
            yield route.path.replace("*}", "}"), route.method.lower(), self._of(route, known)

    def _of(self, route: Route, known: Document) -> Document:
        operation: Document = {
            "operationId": f"proxied.{route.name}",
            "summary": _title(route),
            "parameters": self._parameters(route),
            "responses": _responses(route, known),
            "security": [{"x-api-key": []}],
        }
        if route.shape == "onboarding":
            operation["deprecated"] = True  # company data with `mode: onboarding` is the same
        body = _body(route, known)
        return operation if body is None else operation | {"requestBody": body}

    def _parameters(self, route: Route) -> list[Document]:
        names = [s for s in route.segments if s.startswith("{")]
        found = [
            _parameter("path", name.strip("{*}"), required=True)
            | ({"description": "The rest of the path"} if "*" in name else {})
            for name in names
        ]
        if route.shape == "pricing":
            country = _parameter("query", "countryCode", required=True)
            found.append(country | {"schema": {"type": "string", "enum": [*get_args(Country)]}})
        if route.shape in BODIES:
            found.append(_parameter("query", "transliterate") | TRANSLITERATE)
        workspace = _parameter("header", self._workspace_header)
        found.append(workspace | {"description": "Name of the workspace; default without it"})
        if not (route.is_free or route.streams):
            key = _parameter("header", "Idempotency-Key")
            key["schema"]["pattern"] = r"^[\x20-\x7e]{1,255}$"
            found.append(key)
        return found


def _parameter(place: str, name: str, *, required: bool = False) -> Document:
    return {"name": name, "in": place, "required": required, "schema": {"type": "string"}}


def _title(route: Route) -> str:
    if _is_stored(route):
        return "Show the newest answer of an earlier request"
    cost = "free" if route.is_free else "billed"
    return TITLES.get(route.shape) or f"Passed on to {route.upstream}, {cost}"


def _body(route: Route, known: Document) -> Document | None:
    kind = BODIES.get(route.shape)
    if kind is not None:
        options = [known[str(one)] for one in (kind, StoredAnswerBody)]
        return {"required": True, "content": {"application/json": {"schema": {"oneOf": options}}}}
    if route.method in {"GET", "DELETE"} or _is_stored(route):
        return None
    return {"required": False, "content": {"*/*": {}}}


def _responses(route: Route, known: Document) -> Document:
    codes = [*EVERY, "workspace_not_found"]
    if route.upstream is not None:
        codes += PASSED_ON
    if not route.is_free:
        codes += BILLED
        codes += () if route.streams else ("request_in_progress", "idempotency_key_reused")
    if route.shape in BODIES:
        codes.append("budget_exceeded")
    if route.stored is not None:
        codes.append("not_found")
    responses = refused(codes, known)
    if route.shape == "plain" and not _is_stored(route):
        own = {"default": {"description": "The upstream's answer", "content": {"*/*": {}}}}
        return own | {status: _either(told) for status, told in responses.items()}
    answer = PricingAnswer if route.shape == "pricing" else CompanyAnswer
    content = {"application/json": {"schema": known[str(answer)]}}
    return {"200": {"description": "Done", "content": content}} | responses


def _either(told: Document) -> Document:
    """A refusal of ours, or what the upstream answers with the same status."""
    ours = told["content"]["application/json"]["schema"]
    content = {"application/json": {"schema": {"anyOf": [ours, {}]}}, "*/*": {}}
    return {"description": f"{told['description']}, or the upstream's own", "content": content}


def _is_stored(route: Route) -> bool:
    """It answers nothing but what was stored."""
    return route.upstream is None and route.stored is not None
