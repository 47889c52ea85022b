"""Bodies and answers of the company routes, as the OpenAPI document tells them.

What is read and written stands in `domain/company`; data of a company has the register's shape.
"""

from typing import Annotated, Any, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from prepaid.domain.company.answers import RequestView
from prepaid.domain.company.prices import BlockView, PointView
from prepaid.domain.company.requests import (
    BUDGET_MAX,
    DOCUMENTS_MAX,
    ID_MAX,
    NODES_MAX,
    DataPoint,
    Mode,
)
from prepaid.domain.countries import Country
from prepaid.web.shapes import Body

Id = Annotated[str, Meta(min_length=1, max_length=ID_MAX)]
Budget = Annotated[float, Meta(ge=0, le=BUDGET_MAX)]  # credit cents

Deprecated = Annotated[bool | None, Meta(extra_json_schema={"deprecated": True})]  # by `mode`


class CompanyBody(Body, frozen=True, kw_only=True):
    """Asks for data points and documents of one company, at least one of them."""

    id: Id
    country_code: Country
    data_points: list[DataPoint] | None = None
    documents: Annotated[list[Id], Meta(max_length=DOCUMENTS_MAX)] | None = None
    metadata: dict[str, str] | None = None
    mode: Mode | None = None
    max_budget: Budget | None = None
    profile_max_budget: Budget | None = None
    graph_continue_from_node_ids: Annotated[list[Id], Meta(max_length=NODES_MAX)] | None = None
    graph_max_budget: Budget | None = None
    graph_interactive: bool | None = None
    agentic_enrichment: bool | None = None
    fast: Deprecated = None
    authoritative: Deprecated = None


class OnboardingBody(Body, frozen=True, kw_only=True):
    """Asks for the profile of one company in onboarding mode."""

    id: Id
    country_code: Country
    data_points: list[DataPoint] | None = None
    metadata: dict[str, str] | None = None


class StoredAnswerBody(Body, frozen=True, kw_only=True):
    """Asks for the newest answer of an earlier request, which is never billed."""

    request_id: Id


class CompanyAnswer(Struct, frozen=True, rename="camel", kw_only=True):
    """What was asked, what became of it at which cost, and the data that was delivered."""

    request: RequestView
    company: Any | UnsetType = UNSET
    legal_representatives: Any | UnsetType = UNSET
    other_key_persons: Any | UnsetType = UNSET
    establishments: Any | UnsetType = UNSET
    shareholders: Any | UnsetType = UNSET
    ultimate_beneficial_owners: Any | UnsetType = UNSET
    subsidiaries: Any | UnsetType = UNSET
    graph: Any | UnsetType = UNSET
    documents: Any | UnsetType = UNSET
    data_sources: Any | UnsetType = UNSET


#: A country's blocks, and each data point bought alone.
PricingAnswer: type[Struct] = msgspec.defstruct(
    "PricingAnswer",
    [("blocks", list[BlockView]), *((point, PointView) for point in get_args(DataPoint))],
    module=__name__,
    frozen=True,
)
