"""Company data for credits: which data points are sold in which block, and as which SKU.

A block is billed once, whichever of its data points are asked for, when one of them succeeded.
What has no price in a country is not sold there. The guide's example is `fra-company-data`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

from prepaid.domain.amounts import CENT, Micros, cents
from prepaid.domain.company.requests import CompanyRequest, DataPoint, GraphOptions, Mode
from prepaid.domain.countries import ISO3, Country
from prepaid.domain.refusals import Detail, Refusal
from prepaid.domain.routing import json_trees
from prepaid.domain.routing.routes import Line

FailureCode = Literal[
    "resource_not_found",
    "service_unavailable",
    "processing_failed",
    "invalid_request",
    "datapoint_not_supported",
    "fast_source_unavailable",
    "onboarding_timeout",
    "insufficient_funds",
]

#: Block → the data points it covers. `companyProfile` is the older name of two of them.
BLOCKS: Final[Mapping[str, tuple[DataPoint, ...]]] = MappingProxyType(
    {
        "company-data": (
            "company",
            "legalRepresentatives",
            "otherKeyPersons",
            "establishments",
            "companyProfile",
        ),
        "shareholders": ("shareholders",),
        "ubo": ("ultimateBeneficialOwners",),
        "subsidiaries": ("subsidiaries",),
        "graph": ("graph",),
    }
)
DOCUMENT: Final = "document"  # what is bought per document, one charge each
COMPANY_DATA: Final = "company-data"
_MODES: Final[tuple[Mode, ...]] = ("verification", "onboarding")
_BLOCK_OF: Final = {point: block for block, points in BLOCKS.items() for point in points}


class Failure(Struct, frozen=True, omit_defaults=True):
    """Why a data point was not delivered (`DataPointError` of the reference)."""

    code: FailureCode
    message: str
    details: tuple[str, ...] = ()
    source: str | None = None
    retryable: bool | None = None


class Plan(Struct, frozen=True):
    """What a request buys: its charges with what they are expected to cost, and what it cannot."""

    lines: tuple[Line, ...]  # items are data points; a document's `part` is its id
    expected: tuple[Micros, ...]  # by line, the list price
    free: tuple[DataPoint, ...]  # asked for and never billed
    unsold: dict[DataPoint, Failure]  # have no price here, so they fail at no cost
    unsold_documents: dict[str, Failure]

    @property
    def asks_register(self) -> bool:
        """Something is left to ask the register for."""
        return bool(self.lines or self.free)


def block_of(point: DataPoint) -> str | None:
    """The block a data point is sold in; None when it is free."""
    return _BLOCK_OF.get(point)


def sku(country: Country, block: str, mode: Mode = "verification") -> str:
    """`fra-company-data`; in onboarding mode, which has its own price, with `-onboarding`."""
    return f"{ISO3[country]}-{block}" + ("-onboarding" if mode == "onboarding" else "")


def skus(country: Country) -> tuple[str, ...]:
    """Every SKU that may have a price in a country."""
    blocks = [sku(country, block, mode) for block in BLOCKS for mode in _MODES]
    return (*blocks, sku(country, DOCUMENT))


def skus_of(request: CompanyRequest) -> tuple[str, ...]:
    """The SKUs whose prices a request's plan needs."""
    blocks = dict.fromkeys(block for block in map(block_of, request.data_points) if block)
    names = [sku(request.country, block, request.mode) for block in blocks]
    return (*names, sku(request.country, DOCUMENT)) if request.documents else tuple(names)


def plan(request: CompanyRequest, prices: Mapping[str, Micros | None]) -> Plan:
    """What a request buys at these prices (SKU → micro-credits; absent or None: not sold).

    Raises:
        Refusal: `budget_exceeded` when the blocks cost more than the request allows.
    """
    bought: dict[str, list[DataPoint]] = {}
    free: list[DataPoint] = []
    unsold: dict[DataPoint, Failure] = {}
    for point in request.data_points:
        block = block_of(point)
        name = None if block is None else sku(request.country, block, request.mode)
        if name is None:
            free.append(point)
        elif prices.get(name) is None:
            unsold[point] = _unsold(request, point)
        else:
            bought.setdefault(name, []).append(point)
    lines = [Line(name, tuple(points)) for name, points in bought.items()]
    expected = [prices[line.sku] or 0 for line in lines]
    _check_budgets(request, dict(zip(bought, expected, strict=True)))

    document = sku(request.country, DOCUMENT)
    price = prices.get(document)
    missing: dict[str, Failure] = {}
    for wanted in request.documents:
        if price is None:
            missing[wanted] = _unsold(request, "documents")
        else:
            lines.append(Line(document, (), part=wanted))
            expected.append(price)
    return Plan(tuple(lines), tuple(expected), tuple(free), unsold, missing)


def upstream_body(request: CompanyRequest, planned: Plan) -> bytes:
    """What the register is asked: only what is sold or free. The caller's metadata stays here."""
    points = [point for point in request.data_points if point not in planned.unsold]
    body: dict[str, object] = {
        "id": request.company_id,
        "countryCode": request.country,
        "dataPoints": points,
        "mode": request.mode,
    }
    documents = [name for name in request.documents if name not in planned.unsold_documents]
    if documents:
        body["documents"] = documents
    if "graph" in points:
        body |= _graph_options(request.graph)
    if request.enrichment:
        body["agenticEnrichment"] = True
    return json_trees.encode(body)


def _graph_options(graph: GraphOptions) -> dict[str, object]:
    options: dict[str, object] = {}
    if graph.continue_from:
        options["graphContinueFromNodeIds"] = graph.continue_from
    if graph.budget_max is not None:  # 0 is a budget too
        options["graphMaxBudget"] = graph.budget_max
    if graph.interactive:
        options["graphInteractive"] = True
    return options


def _unsold(request: CompanyRequest, what: str) -> Failure:
    if request.mode == "onboarding" and what != "documents":
        message = f"{what} has no fast source in {request.country}; ask in verification mode"
        return Failure("fast_source_unavailable", message, retryable=False)
    message = f"{what} is not available in {request.country}"
    return Failure("datapoint_not_supported", message, retryable=False)


def _check_budgets(request: CompanyRequest, costs: Mapping[str, Micros]) -> None:
    profile = costs.get(sku(request.country, COMPANY_DATA, request.mode), 0)
    budgets = (
        ("maxBudget", request.budget_max, sum(costs.values())),
        ("profileMaxBudget", request.profile_budget_max, profile),
    )
    for field, budget, cost in budgets:
        if budget is not None and cost > budget * CENT:
            raise _exceeded(field, f"{budget.normalize():f}", cost)


def _exceeded(field: str, budget: str, cost: Micros) -> Refusal:
    message = (
        f"costs {cents(cost)} credit cents, {field} allows {budget}; raise it, or ask for less"
    )
    return Refusal("budget_exceeded", message, (Detail(field, message),))
