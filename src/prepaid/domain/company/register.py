"""What the register said of each data point and document. Knows no prices.

The shape is `DataStatus` of the reference; a register that gives no statuses is understood too.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, cast, get_args

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import replace

from prepaid.domain.company.plans import Failure, FailureCode
from prepaid.domain.company.requests import DataPoint
from prepaid.domain.routing import answers, json_trees
from prepaid.domain.routing.json_trees import Json

Kind = Literal["dataPoints", "documents"]
StatusName = Literal["succeeded", "in_progress", "enriching", "failed"]

#: Data point → the members of the answer that hold it.
MEMBERS: Final[Mapping[DataPoint, tuple[str, ...]]] = MappingProxyType(
    {
        "companyProfile": ("company", "legalRepresentatives"),
        "company": ("company",),
        "legalRepresentatives": ("legalRepresentatives",),
        "otherKeyPersons": ("otherKeyPersons",),
        "establishments": ("establishments",),
        "shareholders": ("shareholders",),
        "ultimateBeneficialOwners": ("ultimateBeneficialOwners",),
        "subsidiaries": ("subsidiaries",),
        "graph": ("graph",),
        "availableDocuments": ("documents",),
    }
)
_CODES: Final = frozenset(get_args(FailureCode))
_SILENT = Failure("processing_failed", "the register said nothing of it", retryable=True)
_UNEXPLAINED = Failure("processing_failed", "the register gave no reason", retryable=True)
_LATE = Failure("processing_failed", "the register did not finish it in time", retryable=True)


class RegisterAnswer(Struct, frozen=True):
    """What the register said; until it is final, what it does not mention is in progress."""

    tree: Json
    members: dict[str, Raw]
    is_final: bool
    has_given_up: bool = False  # we ask no more: what is in progress has failed

    def given_up(self) -> "RegisterAnswer":
        """The same answer, after the last time it was asked for."""
        return replace(self, is_final=True, has_given_up=True)


class Status(Struct, frozen=True, rename="camel", kw_only=True):
    """Of one data point or document (the four `DataPointStatus…` of the reference)."""

    status: StatusName
    cost: int | Decimal = 0  # credits
    authoritative: bool | UnsetType = UNSET
    error: Failure | UnsetType = UNSET


#: Nothing was asked of the register, because nothing that is sold was asked for.
NOTHING_ASKED: Final = RegisterAnswer({}, {}, is_final=True)


def register_answer(status: int, body: bytes) -> RegisterAnswer | None:
    """What a 2xx answer of the register says; None when it is no JSON object.

    A 202 is not final, and may be empty.
    """
    is_final = status != answers.ACCEPTED
    if not body and not is_final:
        return RegisterAnswer({}, {}, is_final=False)
    found = json_trees.document(body)
    if found is None or not isinstance(found.tree, dict):
        return None
    return RegisterAnswer(found.tree, json_trees.members(body), is_final)


def heard(kind: Kind, name: str, answer: RegisterAnswer) -> Status:
    """What the answer says of one data point or document, at no cost yet."""
    told = json_trees.at(answer.tree, ("request", "dataStatus", kind, name))
    status = json_trees.text(json_trees.at(told, ("status",))) or _unsaid(kind, name, answer)
    if answer.has_given_up and status in {"in_progress", "enriching"}:
        return failed(_LATE)
    if status is None:
        return failed(_SILENT)
    if status in {"in_progress", "enriching"}:
        return Status(status=cast("StatusName", status))
    if status == "succeeded":
        sure = json_trees.at(told, ("authoritative",))
        return Status(status="succeeded", authoritative=sure if isinstance(sure, bool) else UNSET)
    return failed(_failure(json_trees.at(told, ("error",))))


def _unsaid(kind: Kind, name: str, answer: RegisterAnswer) -> StatusName | None:
    # A register that gives no statuses has delivered what it sends data for.
    if not answer.is_final:
        return "in_progress"
    members = MEMBERS[cast("DataPoint", name)] if kind == "dataPoints" else ()
    has_data = any(json_trees.at(answer.tree, (member,)) is not None for member in members)
    return "succeeded" if has_data else None


def _failure(error: Json) -> Failure:
    message = json_trees.at(error, ("message",))
    if not isinstance(message, str):
        return _UNEXPLAINED
    code = json_trees.text(json_trees.at(error, ("code",)))
    details = json_trees.each(error, ("details",)) or ()
    source = json_trees.at(error, ("source",))
    retryable = json_trees.at(error, ("retryable",))
    return Failure(
        cast("FailureCode", code) if code in _CODES else "processing_failed",
        message,
        tuple(text for text in details if isinstance(text, str)),
        source if isinstance(source, str) else None,
        retryable if isinstance(retryable, bool) else None,
    )


def failed(failure: Failure) -> Status:
    """The status of something that was not delivered; it costs nothing."""
    return Status(status="failed", error=failure)
