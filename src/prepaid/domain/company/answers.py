"""The answer of the company routes: what the register said, its cost, and whose it is.

The register's data keeps its bytes. Data of a point that was not delivered is left out, since it
is not paid for.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Final, cast

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import replace

from prepaid.domain.amounts import Micros, credit
from prepaid.domain.company.plans import Plan
from prepaid.domain.company.register import (
    MEMBERS,
    RegisterAnswer,
    Status,
    StatusName,
    failed,
    heard,
)
from prepaid.domain.company.requests import CompanyRequest, DataPoint
from prepaid.domain.routing import answers, json_trees
from prepaid.domain.routing.answers import BILLED, FAILED, PENDING, RequestWorkspace, Verdict
from prepaid.domain.routing.routes import Line

EVENT: Final = "company.updated"

_PAID_MEMBERS: Final = frozenset(name for names in MEMBERS.values() for name in names)
_NOT_DATA: Final = frozenset({"request", "type"})
_VERDICTS: Final[Mapping[StatusName, Verdict]] = MappingProxyType(
    {"succeeded": BILLED, "in_progress": PENDING, "enriching": PENDING, "failed": FAILED}
)
_DELIVERED: Final = frozenset({"succeeded", "enriching"})


class DataStatus(Struct, frozen=True, rename="camel"):
    """By data point, and by document id."""

    data_points: dict[DataPoint, Status]
    documents: dict[str, Status]


class RequestView(Struct, frozen=True, rename="camel", kw_only=True):
    """The `request` object of an answer (`RequestMetadataDTO` of the reference)."""

    request_id: str
    company_id: str
    country_code: str
    data_points: tuple[DataPoint, ...]
    documents: tuple[str, ...] | UnsetType = UNSET
    data_status: DataStatus
    metadata: dict[str, str]
    company_legal_name: str | UnsetType = UNSET
    enrichment_report: str | UnsetType = UNSET
    workspace: RequestWorkspace


def verdicts(planned: Plan, answer: RegisterAnswer) -> tuple[Verdict, ...]:
    """What becomes of each line: a block is billed when one of its data points succeeded."""
    return tuple(
        answers.combined([_VERDICTS[status.status] for status in _of_line(line, answer)])
        for line in planned.lines
    )


def is_pending(planned: Plan, answer: RegisterAnswer) -> bool:
    """Something, sold or free, is still to come: the register is to be asked again."""
    free = (_VERDICTS[heard("dataPoints", point, answer).status] for point in planned.free)
    return PENDING in {*verdicts(planned, answer), *free}


def data_status(planned: Plan, answer: RegisterAnswer, costs: Sequence[Micros]) -> DataStatus:
    """Each data point's and document's status and cost.

    `costs`, by line of the plan, are what is paid: settled, 0 for a repeat, or still held. A
    block's cost stands at its first data point that succeeded, else at the first in progress.
    """
    points = {point: heard("dataPoints", point, answer) for point in planned.free}
    documents: dict[str, Status] = {}
    for line, cost in zip(planned.lines, costs, strict=True):
        found = _of_line(line, answer)
        payer = _payer(found)
        for place, status in enumerate(found):
            shown = replace(status, cost=credit(cost)) if place == payer else status
            if line.part:
                documents[line.part] = shown
            else:
                points[cast("DataPoint", line.items[place])] = shown
    points |= {point: failed(failure) for point, failure in planned.unsold.items()}
    documents |= {name: failed(failure) for name, failure in planned.unsold_documents.items()}
    return DataStatus(points, documents)


def assemble(
    request: CompanyRequest,
    request_id: str,
    planned: Plan,
    answer: RegisterAnswer,
    costs: Sequence[Micros],
    workspace: RequestWorkspace,
) -> bytes:
    """The answer's body (`GetCompanyResultDTO`): `request`, then the data that was delivered."""
    found = data_status(planned, answer, costs)
    view = RequestView(
        request_id=request_id,
        company_id=request.company_id,
        country_code=request.country,
        data_points=request.data_points,
        documents=request.documents or UNSET,
        data_status=DataStatus(
            {point: found.data_points[point] for point in request.data_points},
            {name: found.documents[name] for name in request.documents},
        ),
        metadata=request.metadata,
        company_legal_name=_said(answer, "companyLegalName"),
        enrichment_report=_said(answer, "enrichmentReport"),
        workspace=workspace,
    )
    return json_trees.encode({"request": view, **_delivered(found, answer)})


def event_body(answer: bytes) -> bytes:
    """The body of `company.updated`: the answer plus `type`."""
    return json_trees.with_type(answer, EVENT)


def news(request: CompanyRequest, planned: Plan, answer: RegisterAnswer) -> tuple[bytes, ...]:
    """A digest of what was delivered for each data point and document: equal when it is the same.

    Empty when nothing was delivered.
    """
    found = data_status(planned, answer, (0,) * len(planned.lines))
    named: list[tuple[str, tuple[str, ...], Status]]
    named = [(name, MEMBERS[name], one) for name, one in found.data_points.items()]
    named += [(name, ("documents",), one) for name, one in found.documents.items()]
    place = [request.country, request.company_id]
    return tuple(
        sha256(json_trees.encode([place, name, [answer.members.get(m) for m in members]])).digest()
        for name, members, one in named
        if one.status in _DELIVERED
    )


def _delivered(found: DataStatus, answer: RegisterAnswer) -> dict[str, Raw]:
    points = [point for point, one in found.data_points.items() if one.status in _DELIVERED]
    documents = [name for name, one in found.documents.items() if one.status in _DELIVERED]
    if not points and not documents:
        return {}
    paid = {name for point in points for name in MEMBERS[point]}
    if documents:
        paid.add("documents")
    left_out = (_PAID_MEMBERS - paid) | _NOT_DATA
    return {name: raw for name, raw in answer.members.items() if name not in left_out}


def _of_line(line: Line, answer: RegisterAnswer) -> list[Status]:
    if line.part:
        return [heard("documents", line.part, answer)]
    return [heard("dataPoints", point, answer) for point in line.items]


def _payer(found: Sequence[Status]) -> int | None:
    for wanted in ("succeeded", "enriching", "in_progress"):
        for place, status in enumerate(found):
            if status.status == wanted:
                return place
    return None


def _said(answer: RegisterAnswer, name: str) -> str | UnsetType:
    found = json_trees.at(answer.tree, ("request", name))
    return found if isinstance(found, str) else UNSET
