"""What the sandbox register tells of a company, data point by data point."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from prepaid.domain.routing.json_trees import Json
from prepaid.sandbox.register_companies import Company

REGISTER: Final = "sandbox-register"
_DOCUMENTS: Final = {
    "trade_register_extract": "Trade register extract",
    "articles_of_association": "Articles of association",
    "annual_accounts": "Annual accounts",
}


def documents(company: Company) -> list[Json]:
    """The official documents of a company; their ids stay the same."""
    return [
        {
            "id": _document_id(company, kind),
            "type": kind,
            "name": f"{name} of {company.name}",
            "format": "pdf",
        }
        for kind, name in _DOCUMENTS.items()
    ]


def document_ids(company: Company) -> set[str]:
    """The ids a document can be asked for by."""
    return {_document_id(company, kind) for kind in _DOCUMENTS}


def data(company: Company, point: str) -> Mapping[str, Json]:
    """The members of the answer that hold a data point; empty when there is no such point."""
    tell = POINTS.get(point)
    return {} if tell is None else tell(company)


def _document_id(company: Company, kind: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{company.country}/{company.id}/{kind}"))


def _address(company: Company) -> Json:
    return {"addressLine1": "1 Example Street", "city": company.city, "country": company.country}


def _company(company: Company) -> dict[str, Json]:
    told: Json = {
        "id": company.id,
        "legalName": f"{company.name} {company.form}",
        "legalForm": {"local": company.form},
        "countryCode": company.country,
        "status": {"active": True},
        "registrationDate": "2011-04-01",
        "legalAddress": _address(company),
        "activities": [{"description": company.activity}],
    }
    return {"company": told}


def _person(name: str) -> dict[str, Json]:
    first, _, last = name.partition(" ")
    return {"type": "individual", "individual": {"firstName": first, "lastName": last}}


def _representatives(company: Company) -> dict[str, Json]:
    told = _person(company.director) | {"role": "director", "startDate": "2011-04-01"}
    return {"legalRepresentatives": [told]}


def _profile(company: Company) -> dict[str, Json]:
    return _company(company) | _representatives(company)


def _key_persons(company: Company) -> dict[str, Json]:
    auditor: Json = {
        "type": "company",
        "company": {"legalName": f"{company.city} Audit"},
        "role": "auditor",
    }
    return {"otherKeyPersons": [auditor]}


def _establishments(company: Company) -> dict[str, Json]:
    return {"establishments": [{"name": company.name, "address": _address(company)}]}


def _shareholders(company: Company) -> dict[str, Json]:
    owner: dict[str, Json] = {"type": "company", "company": {"legalName": company.owner}}
    if company.owner == company.director:
        owner = _person(company.owner)
    small = _person(company.director) | {"sharePercentage": 20}
    return {"shareholders": [owner | {"sharePercentage": 80}, small]}


def _beneficial_owners(company: Company) -> dict[str, Json]:
    told = _person(company.director) | {"ownershipPercentage": 100, "controlType": "shares"}
    return {"ultimateBeneficialOwners": [told]}


def _subsidiaries(company: Company) -> dict[str, Json]:
    told: Json = {"legalName": f"{company.name} Services", "sharePercentage": 100}
    return {"subsidiaries": [told]}


def _graph(company: Company) -> dict[str, Json]:
    root = f"{company.country}:{company.id}"
    nodes: list[Json] = [
        {"id": root, "name": company.name, "type": "company"},
        {"id": f"{root}:owner", "name": company.owner, "type": "owner"},
    ]
    edges: list[Json] = [{"from": f"{root}:owner", "to": root, "sharePercentage": 80}]
    return {"graph": {"nodes": nodes, "edges": edges}}


def _documents(company: Company) -> dict[str, Json]:
    return {"documents": documents(company)}


#: Data point → what tells it.
POINTS: Final[Mapping[str, Callable[[Company], Mapping[str, Json]]]] = {
    "companyProfile": _profile,
    "company": _company,
    "legalRepresentatives": _representatives,
    "otherKeyPersons": _key_persons,
    "establishments": _establishments,
    "shareholders": _shareholders,
    "ultimateBeneficialOwners": _beneficial_owners,
    "subsidiaries": _subsidiaries,
    "graph": _graph,
    "availableDocuments": _documents,
}
