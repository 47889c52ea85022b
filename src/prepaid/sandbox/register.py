"""A register to try the proxy with: an HTTP upstream, with invented companies and no network.

In the country TEST every id is a company, except these:

    RESOURCE_NOT_FOUND, INVALID_REQUEST, PROCESSING_FAILED, SERVICE_UNAVAILABLE
                each data point fails, with that code
    PARTIAL     the last data point asked for fails, the others succeed
    SLOW        a company that is told of late
    PENDING     every data point is in progress; each later poll completes one more
    ACCEPTED    the same behind a 202 with an empty body and a poll address
    ERROR_500   the answer is 500
    GARBAGE     the answer is 200, and no JSON

Elsewhere an id that is not in the register is `resource_not_found`. A request's id says what was
asked, so the register of another process, or a later one, can be polled for it as well; only the
polls are counted in memory. It knows no credits, and does not ask who is there.
"""

import asyncio
import base64
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final
from uuid import uuid4

import msgspec
from msgspec import Meta, MsgspecError, Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prepaid.domain.countries import TEST
from prepaid.domain.routing.json_trees import Json
from prepaid.sandbox import register_companies, register_data
from prepaid.sandbox.register_companies import Company
from prepaid.sandbox.register_data import REGISTER

SLOW_S: Final = 30.0
POLLED_MAX: Final = 10_000  # requests whose polls are counted
FAILURES: Final[Mapping[str, str]] = {
    "RESOURCE_NOT_FOUND": "the company was not found; check its number",
    "INVALID_REQUEST": "the number is not one of this register",
    "PROCESSING_FAILED": "the register's answer could not be read",
    "SERVICE_UNAVAILABLE": "the register is closed; try again later",
}
_RETRYABLE: Final = frozenset({"PROCESSING_FAILED", "SERVICE_UNAVAILABLE"})
_POLLED: Final = frozenset({"PENDING", "ACCEPTED"})

Wait = Callable[[float], Awaitable[None]]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Question(Struct, frozen=True, rename="camel"):
    """The part of a request's body that the register reads."""

    id: Name
    country_code: Name
    data_points: Annotated[tuple[Name, ...], Meta(max_length=50)] = ()
    documents: Annotated[tuple[Name, ...], Meta(max_length=50)] = ()
    mode: str = "verification"

    @property
    def special(self) -> str:
        """The id, where it means more than a company."""
        return self.id if self.country_code == TEST else ""


class _Register:
    def __init__(self, slow_s: float, wait: Wait) -> None:
        self._slow_s = slow_s
        self._wait = wait
        self._polls: OrderedDict[str, int] = OrderedDict()  # by request id
        self._name = uuid4().hex[:8]
        self._count = 0

    async def ask(self, request: Request) -> Response:
        try:
            question = msgspec.json.decode(await request.body(), type=Question)
        except (MsgspecError, ValueError, RecursionError) as error:
            return _answer({"error": str(error)}, status=400)
        if question.special == "ERROR_500":
            return _answer({"error": "this register is out of order"}, status=500)
        if question.special == "GARBAGE":
            return Response(b'{"request": {"dataStatus": ', media_type="application/json")
        if question.special == "SLOW":
            await self._wait(self._slow_s)
        request_id = self._id_of(question)
        if question.special == "ACCEPTED":
            return Response(status_code=202, headers={"location": f"/v2/company/{request_id}"})
        return _answer(_told(request_id, question, polls=0))

    async def poll(self, request: Request) -> Response:
        request_id = request.path_params["request_id"]
        question = _question_of(request_id)
        if question is None:
            return _answer({"error": "there is no such request"}, status=404)
        polls = self._polls.pop(request_id, 0) + 1
        self._polls[request_id] = polls
        if len(self._polls) > POLLED_MAX:
            self._polls.popitem(last=False)
        return _answer(_told(request_id, question, polls))

    def _id_of(self, question: Question) -> str:
        self._count += 1
        words = base64.urlsafe_b64encode(msgspec.json.encode(question)).decode().rstrip("=")
        return f"sandbox-{self._name}{self._count}-{words}"


def register(*, slow_s: float = SLOW_S, wait: Wait = asyncio.sleep) -> Starlette:
    """The register as an ASGI application: `POST /v2/company`, `GET /v2/company/{id}`.

    Args:
        slow_s: how late SLOW answers, in seconds.
        wait: what it waits with; a test hands in its own.
    """
    desk = _Register(slow_s, wait)
    return Starlette(
        routes=[
            Route("/v2/company", desk.ask, methods=["POST"]),
            Route("/v2/company/{request_id}", desk.poll, methods=["GET"]),
        ]
    )


def _question_of(request_id: str) -> Question | None:
    """What was asked, by the id it was given."""
    words = request_id.removeprefix("sandbox-").partition("-")[2]
    try:
        data = base64.urlsafe_b64decode(words + "=" * (-len(words) % 4))
        return msgspec.json.decode(data, type=Question)
    except (MsgspecError, ValueError):
        return None


def _told(request_id: str, question: Question, polls: int) -> dict[str, Json]:
    company = register_companies.find(question.country_code, question.id)
    points = _points(question, company, polls)
    documents = _documents(question, company)
    about: dict[str, Json] = {
        "requestId": request_id,
        "companyId": question.id,
        "countryCode": question.country_code,
        "dataPoints": list(question.data_points),
        "dataStatus": {"dataPoints": points, "documents": documents},
    }
    answer: dict[str, Json] = {"request": about}
    done = [point for point, status in points.items() if _is(status, "succeeded")]
    if company is not None and done:
        about["companyLegalName"] = f"{company.name} {company.form}"
        for point in done:
            answer |= register_data.data(company, point)
        answer["dataSources"] = [REGISTER]
    if company is not None and any(_is(status, "succeeded") for status in documents.values()):
        answer |= register_data.data(company, "availableDocuments")
    return answer


def _points(question: Question, company: Company | None, polls: int) -> dict[str, Json]:
    names = question.data_points
    if question.special in FAILURES:
        return dict.fromkeys(names, _failed(question.special))
    if company is None:
        return dict.fromkeys(names, _failed("RESOURCE_NOT_FOUND"))
    statuses: dict[str, Json] = {name: _status(question, name) for name in names}
    if question.special == "PARTIAL":
        statuses |= dict.fromkeys(names[-1:], _failed("PROCESSING_FAILED"))
    if question.special in _POLLED:
        statuses |= {name: {"status": "in_progress"} for name in names[polls:]}
    return statuses


def _status(question: Question, point: str) -> Json:
    if point not in register_data.POINTS:
        error = {"code": "datapoint_not_supported", "message": f"there is no {point}"}
        return {"status": "failed", "error": {**error, "retryable": False}}
    return {"status": "succeeded", "authoritative": question.mode != "onboarding"}


def _documents(question: Question, company: Company | None) -> dict[str, Json]:
    known = set() if company is None else register_data.document_ids(company)
    if question.special in FAILURES:
        return dict.fromkeys(question.documents, _failed(question.special))
    return {
        name: {"status": "succeeded"} if name in known else _failed("RESOURCE_NOT_FOUND")
        for name in question.documents
    }


def _failed(special: str) -> Json:
    error: Json = {
        "code": special.lower(),
        "message": FAILURES[special],
        "source": REGISTER,
        "retryable": special in _RETRYABLE,
    }
    return {"status": "failed", "error": error}


def _is(status: Json, name: str) -> bool:
    return isinstance(status, dict) and status.get("status") == name


def _answer(body: Mapping[str, Json], status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
