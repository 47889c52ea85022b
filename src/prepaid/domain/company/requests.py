"""Bodies of the company routes, parsed at the door: what is asked of the register, and how.

The fields and limits are those of `CreateCompanyRequestDTO`, `CreateOnboardingRequestDTO` and
`GetCompanyRequestResultDTO` in the reference. An optional field that is null was not sent.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal, TypeVar, cast, get_args

import msgspec
from msgspec import MsgspecError, Struct

from prepaid.domain import misfits
from prepaid.domain.countries import TEST, Country
from prepaid.domain.refusals import invalid

T = TypeVar("T", bound=Struct)

DataPoint = Literal[
    "companyProfile",  # the older name of company and legalRepresentatives together
    "ultimateBeneficialOwners",
    "availableDocuments",
    "shareholders",
    "graph",
    "company",
    "legalRepresentatives",
    "otherKeyPersons",
    "establishments",
    "subsidiaries",
]
Mode = Literal["verification", "onboarding"]

METADATA_KEYS_MAX = 50
METADATA_KEY_MAX = 40  # characters; a longer key is skipped
METADATA_VALUE_MAX = 500  # characters; a longer value is cut
ID_MAX = 200  # characters of a company's, document's or request's id
DOCUMENTS_MAX = 50
NODES_MAX = 100
BUDGET_MAX = 10**11  # credit cents
ONBOARDING_BUDGET: Final = Decimal(50)  # credit cents (reference, POST /v2/onboarding)

_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_COUNTRIES: Final = frozenset(get_args(Country))


class GraphOptions(Struct, frozen=True):
    """How far an ownership graph is followed. The register's to honour; we pass it on."""

    continue_from: tuple[str, ...] = ()
    budget_max: Decimal | None = None  # credit cents
    interactive: bool = False


class CompanyRequest(Struct, frozen=True, kw_only=True):
    """What is asked about one company."""

    company_id: str  # without spaces around it
    country: Country
    data_points: tuple[DataPoint, ...]  # each once, in the caller's order
    documents: tuple[str, ...] = ()
    mode: Mode = "verification"
    metadata: dict[str, str] = {}
    budget_max: Decimal | None = None  # credit cents, of all blocks together
    profile_budget_max: Decimal | None = None  # credit cents, of the block company-data
    graph: GraphOptions = GraphOptions()
    enrichment: bool = False  # asks the register to enrich legal representatives


class StoredRequest(Struct, frozen=True):
    """The answer of an earlier request is asked for; never billed."""

    request_id: str


class _Body(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    request_id: str | None = None
    id: str | None = None
    country_code: str | None = None
    data_points: list[DataPoint] | None = None
    metadata: dict[str, object] | None = None


class _CompanyBody(_Body, frozen=True):
    documents: list[str] | None = None
    graph_continue_from_node_ids: list[str] | None = None
    graph_max_budget: int | float | None = None
    graph_interactive: bool | None = None
    profile_max_budget: int | float | None = None
    mode: Mode | None = None
    fast: bool | None = None
    authoritative: bool | None = None  # no longer says anything
    max_budget: int | float | None = None
    agentic_enrichment: bool | None = None


def parse_company(data: bytes, *, has_test: bool) -> CompanyRequest | StoredRequest:
    """The body of `POST /v2/company`; `has_test`: the country TEST is served here.

    With a `requestId` the earlier answer is asked for, whatever else the body says.

    Raises:
        Refusal: 400 naming the field.
    """
    body = _decode(data, _CompanyBody)
    if body.request_id is not None:
        return StoredRequest(parse_request_id(body.request_id))
    points = tuple(dict.fromkeys(body.data_points or ()))
    documents = _ids(body.documents, "documents", DOCUMENTS_MAX)
    if not points and not documents:
        raise invalid("dataPoints", "must name at least one data point, or documents one id")
    return CompanyRequest(
        company_id=_id(body.id, "id"),
        country=parse_country(body.country_code, has_test=has_test),
        data_points=points,
        documents=documents,
        mode=body.mode or ("onboarding" if body.fast else "verification"),
        metadata=parse_metadata(body.metadata),
        budget_max=_budget(body.max_budget, "maxBudget"),
        profile_budget_max=_budget(body.profile_max_budget, "profileMaxBudget"),
        graph=_graph(body),
        enrichment=bool(body.agentic_enrichment),
    )


def parse_onboarding(data: bytes, *, has_test: bool) -> CompanyRequest | StoredRequest:
    """The body of `POST /v2/onboarding`: a company profile in onboarding mode, 50 cents at most.

    Raises:
        Refusal: 400 naming the field.
    """
    body = _decode(data, _Body)
    if body.request_id is not None:
        return StoredRequest(parse_request_id(body.request_id))
    for place, point in enumerate(body.data_points or ()):
        if point != "companyProfile":
            raise invalid(f"dataPoints[{place}]", "must be companyProfile on this route")
    return CompanyRequest(
        company_id=_id(body.id, "id"),
        country=parse_country(body.country_code, has_test=has_test),
        data_points=("companyProfile",),
        mode="onboarding",
        metadata=parse_metadata(body.metadata),
        budget_max=ONBOARDING_BUDGET,
    )


def parse_country(code: str | None, *, has_test: bool) -> Country:
    """A country code of the body or of `?countryCode=`.

    Raises:
        Refusal: 400 naming `countryCode`.
    """
    if code is None:
        raise invalid("countryCode", "is required")
    if code not in _COUNTRIES or (code == TEST and not has_test):
        raise invalid("countryCode", "must be a country we serve, in two capitals, such as FR")
    return cast("Country", code)


def parse_request_id(text: str) -> str:
    """The id of an earlier request; whether there is one is for the store to say.

    Raises:
        Refusal: 400 naming `requestId`.
    """
    return _id(text, "requestId")


def parse_metadata(pairs: Mapping[str, object] | None) -> dict[str, str]:
    """The caller's own pairs: keys over 40 characters skipped, values cut at 500.

    Raises:
        Refusal: 400 naming the pair that is no text, or when more than 50 keys are left.
    """
    kept: dict[str, str] = {}
    for key, value in (pairs or {}).items():
        if not isinstance(value, str):
            raise invalid(f"metadata.{key[:METADATA_KEY_MAX]}", "must be a text")
        if len(key) <= METADATA_KEY_MAX:
            kept[key] = value[:METADATA_VALUE_MAX]
    if len(kept) > METADATA_KEYS_MAX:
        raise invalid("metadata", f"must have at most {METADATA_KEYS_MAX} keys, has {len(kept)}")
    return kept


def _graph(body: _CompanyBody) -> GraphOptions:
    return GraphOptions(
        _ids(body.graph_continue_from_node_ids, "graphContinueFromNodeIds", NODES_MAX),
        _budget(body.graph_max_budget, "graphMaxBudget"),
        bool(body.graph_interactive),
    )


def _ids(found: list[str] | None, name: str, most: int) -> tuple[str, ...]:
    if found is not None and len(found) > most:
        raise invalid(name, f"must have at most {most} ids, has {len(found)}")
    ids = (_id(text, f"{name}[{place}]") for place, text in enumerate(found or ()))
    return tuple(dict.fromkeys(ids))


def _id(text: str | None, name: str) -> str:
    if text is None:
        raise invalid(name, "is required")
    text = text.strip()
    if len(text) > ID_MAX or not _PRINTABLE.fullmatch(text):
        raise invalid(name, f"must have 1 to {ID_MAX} printable characters")
    return text


def _budget(cents: float | None, name: str) -> Decimal | None:
    if cents is None:
        return None
    if not 0 <= cents <= BUDGET_MAX:
        raise invalid(name, f"must be 0 to {BUDGET_MAX} credit cents")
    return Decimal(str(cents))


def _decode(data: bytes, kind: type[T]) -> T:
    if not data:
        raise invalid("body", "is needed: JSON with the id and countryCode of a company")
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise misfits.refusal(error, kind) from error
    except (MsgspecError, ValueError, RecursionError) as error:
        raise misfits.no_json(data, error) from error
