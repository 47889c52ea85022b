"""Requests of the company routes: data points in blocks, each billed when it was delivered."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from prepaid.domain.amounts import Micros
from prepaid.domain.company import answers as company_answers
from prepaid.domain.company import plans
from prepaid.domain.company.plans import Plan
from prepaid.domain.company.register import (
    NOTHING_ASKED,
    RegisterAnswer,
    register_answer,
)
from prepaid.domain.company.requests import CompanyRequest
from prepaid.domain.instants import SECOND, Instant
from prepaid.domain.proxied import Event, Fingerprint, GroupLine, Mark, Paper
from prepaid.domain.routing import answers, json_trees, reading
from prepaid.domain.routing.answers import PENDING, RequestWorkspace, Verdict
from prepaid.domain.routing.headers import onward
from prepaid.domain.routing.routes import Route, Upstream, upstream_path
from prepaid.flows.proxying.errands import Asking, Begun, Judged, Ways
from prepaid.flows.proxying.plain_errands import marks_of
from prepaid.flows.proxying.upstreams import Headers, Heard, Outgoing, UpstreamFailed

JSON: Final[Headers] = (("content-type", "application/json"),)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(CompanyRequest).decode


class CompanyContext(Struct, frozen=True, tag="company"):
    """What following a request of the company routes needs."""

    route: str
    request: CompanyRequest
    plan: Plan
    marks: tuple[Mark | None, ...]
    charges: tuple[int, ...]
    verdicts: tuple[Verdict, ...]
    costs: tuple[Micros, ...]
    workspace: RequestWorkspace
    poll_path: str
    give_up_at: Instant  # real clock
    told: bytes  # the statuses the account knows


class CompanyErrand:
    """A request for company data at the prices of one account."""

    is_kept = True

    def __init__(
        self,
        asking: Asking,
        request: CompanyRequest,
        prices: Mapping[str, Micros | None],
        ways: Ways,
    ) -> None:
        self._asking = asking
        self._ways = ways
        self._request = request
        self.route = asking.match.route
        self.plan = plans.plan(request, prices)
        self.marks = marks_of(self.route, asking, self.plan.lines)
        self.lines = tuple(
            GroupLine(line.sku, mark, price)
            for line, mark, price in zip(
                self.plan.lines, self.marks, self.plan.expected, strict=True
            )
        )

    @property
    def asked(self) -> Fingerprint:
        """What another request with its key must be equal in."""
        return Fingerprint(
            workspace=self._asking.workspace,
            path=self._asking.path,
            query=self._asking.query,
            headers="",
            body=reading.digest(_encode(self._request)),
        )

    @property
    def upstream(self) -> Upstream:
        """The register."""
        assert self.route.upstream is not None, "the routes file was checked"
        return self._ways.upstreams[self.route.upstream]

    def outgoing(self) -> tuple[Outgoing, bytes] | None:
        """What the register is asked: only what is sold or free."""
        if not self.plan.asks_register:
            return None
        asking, route = self._asking, self.route
        path = upstream_path(asking.match, asking.path, asking.asked)
        own = dict(JSON) | dict(self.upstream.headers)
        outgoing = Outgoing(
            method=route.method,
            url=self._ways.url(self.upstream.name, path, asking.query),
            headers=onward((), own, buffered=True),
            timeout_s=route.timeout / SECOND,
            answer_max=route.answer_max,
        )
        return outgoing, plans.upstream_body(self._request, self.plan)

    def judge(self, heard: Heard | None, begun: Begun) -> Judged:
        """A block is billed when one of its data points succeeded."""
        answer = NOTHING_ASKED if heard is None else understood(heard)
        path = None
        if company_answers.is_pending(self.plan, answer):
            path = self._poll_path(heard)
            answer = answer.given_up() if path is None else answer
        poll = self.route.poll
        context = CompanyContext(
            route=self.route.name,
            request=self._request,
            plan=self.plan,
            marks=self.marks,
            charges=begun.charges,
            verdicts=company_answers.verdicts(self.plan, answer),
            costs=(),
            workspace=begun.workspace,
            poll_path=path or "",
            give_up_at=begun.now + (0 if poll is None else poll.give_up),
            told=b"",
        )
        return judged(self.route, begun.request, context, answer)

    def _poll_path(self, heard: Heard | None) -> str | None:
        if heard is None or self.route.poll is None:
            return None
        location = heard.header("location") if heard.status == answers.ACCEPTED else None
        document = json_trees.document(heard.body)
        return answers.poll_path(self.route.poll, self.upstream, location, document)


def understood(heard: Heard) -> RegisterAnswer:
    """What the register said.

    Raises:
        UpstreamFailed: it said it with an error's status, or in no JSON object.
    """
    if not 200 <= heard.status <= 299:  # noqa: PLR2004 - success, in HTTP's words
        raise UpstreamFailed(f"answered {heard.status}")
    found = register_answer(heard.status, heard.body)
    if found is None:
        raise UpstreamFailed("answered with something that cannot be read")
    return found


def judged(
    route: Route, request_id: str, context: CompanyContext, answer: RegisterAnswer
) -> Judged:
    """What is written of a register's answer: its costs stand in it."""
    is_pending = company_answers.is_pending(context.plan, answer)

    def paper(costs: tuple[Micros, ...]) -> Paper:
        body = company_answers.assemble(
            context.request, request_id, context.plan, answer, costs, context.workspace
        )
        event = None
        if route.event is not None:
            event = Event(route.event, answers.event_body(route.event, body))
        kept = replace(context, costs=costs, told=told(context.plan, answer))
        poll = route.poll
        return Paper(
            state="pending" if is_pending else "done",
            headers=JSON,
            answer=body,
            context=_encode(kept) if is_pending else None,
            again_in=poll.every if poll is not None and is_pending else None,
            event=event,
        )

    news = company_answers.news(context.request, context.plan, answer)
    window = 0 if route.repeat is None else route.repeat.window
    marks = tuple(Mark(digest, window) for digest in news)
    return Judged(verdicts=context.verdicts, paper=paper, news=marks)


def told(plan: Plan, answer: RegisterAnswer) -> bytes:
    """The status of each data point and document: what a completion changes."""
    found = company_answers.data_status(plan, answer, (0,) * len(plan.lines))
    parts = (found.data_points, found.documents)
    return _encode([[[name, one.status] for name, one in part.items()] for part in parts])


def still_pending(verdicts: tuple[Verdict, ...]) -> tuple[int, ...]:
    """The places of the lines that are not final."""
    return tuple(place for place, verdict in enumerate(verdicts) if verdict == PENDING)
