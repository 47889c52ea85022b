"""Requests to any API: billed by the upstream's status, or per item by its JSON answer."""

from hashlib import sha256

import msgspec
from msgspec import Struct

from prepaid.domain.amounts import Micros
from prepaid.domain.instants import SECOND, Instant
from prepaid.domain.proxied import Event, Fingerprint, GroupLine, Mark, Paper
from prepaid.domain.routing import answers, json_trees, reading, routes, selling
from prepaid.domain.routing.answers import PENDING, RequestWorkspace, Verdict
from prepaid.domain.routing.headers import back, onward
from prepaid.domain.routing.json_trees import Document
from prepaid.domain.routing.routes import Line, Route, Upstream
from prepaid.flows.proxying.errands import Asking, Begun, Judged, Ways
from prepaid.flows.proxying.upstreams import Headers, Heard, Outgoing

FAULTS = 500  # and above: the upstream's own fault, so the same key may ask anew
_encode = msgspec.json.Encoder().encode


class PlainContext(Struct, frozen=True, tag="plain"):
    """What following a plain request needs."""

    route: str
    lines: tuple[Line, ...]
    marks: tuple[Mark | None, ...]
    charges: tuple[int, ...]
    verdicts: tuple[Verdict, ...]
    workspace: RequestWorkspace
    poll_path: str
    give_up_at: Instant  # real clock


def marks_of(route: Route, asking: Asking, lines: tuple[Line, ...]) -> tuple[Mark | None, ...]:
    """What each line must be equal in to be a free repeat."""
    if route.repeat is None:
        return (None,) * len(lines)
    keys = [selling.repeat_key(route.repeat, asking.asked, line) for line in lines]
    window = route.repeat.window
    return tuple(
        None if key is None else Mark(sha256(key.encode()).digest(), window) for key in keys
    )


class PlainErrand:
    """A plain request."""

    def __init__(self, asking: Asking, ways: Ways) -> None:
        self._asking = asking
        self._ways = ways
        route = self.route = asking.match.route
        self.sold = () if route.sku is None else selling.lines(route.sku, asking.asked)
        self.marks = marks_of(route, asking, self.sold)
        self.lines = tuple(
            GroupLine(line.sku, mark) for line, mark in zip(self.sold, self.marks, strict=True)
        )
        self._path = routes.upstream_path(asking.match, asking.path, asking.asked)
        # Only buffered answers can be kept; without key or poll nobody could ask for one.
        self.is_kept = asking.key is not None or route.poll is not None

    @property
    def asked(self) -> Fingerprint:
        """What another request with its key must be equal in."""
        asking = self._asking
        return Fingerprint(
            workspace=asking.workspace,
            path=asking.path,
            query=asking.query,
            headers=reading.header_words(self.route, asking.asked),
            body=reading.digest(asking.body) if asking.key is not None else "",
        )

    @property
    def upstream(self) -> Upstream:
        """Where it goes."""
        assert self.route.upstream is not None, "the routes file was checked"
        return self._ways.upstreams[self.route.upstream]

    def outgoing(self) -> tuple[Outgoing, bytes]:
        """The request as it came, less what is of this hop or the caller's own."""
        asking, route = self._asking, self.route
        own = dict(self.upstream.headers)
        outgoing = Outgoing(
            method=route.method,
            url=self._ways.url(self.upstream.name, self._path, asking.query),
            headers=onward(asking.headers, own, buffered=not route.streams),
            timeout_s=route.timeout / SECOND,
            answer_max=route.answer_max,
        )
        return outgoing, asking.body

    def judge(self, heard: Heard | None, begun: Begun) -> Judged:
        """Billed, failed or pending by line; the answer goes back with its workspace."""
        assert heard is not None, "a plain request always asks its upstream"
        route = self.route
        document = json_trees.document(heard.body) if route.reads_answer else None
        verdicts = answers.verdicts(route, self.sold, heard.status, document)
        context = None
        if PENDING in verdicts:
            context = self._context(heard, begun, verdicts, document)
            if context is None:  # nobody could say where to ask again
                verdicts = tuple(
                    answers.FAILED if verdict == PENDING else verdict for verdict in verdicts
                )
        shown = (heard.status, back(heard.headers, buffered=True))
        return judged(route, verdicts, shown, heard.body, begun.workspace, context)

    def _context(
        self, heard: Heard, begun: Begun, verdicts: tuple[Verdict, ...], answer: Document | None
    ) -> PlainContext | None:
        poll = self.route.poll
        if poll is None:
            return None
        location = heard.header("location") if heard.status == answers.ACCEPTED else None
        path = answers.poll_path(poll, self.upstream, location, answer)
        if path is None:
            return None
        return PlainContext(
            route=self.route.name,
            lines=self.sold,
            marks=self.marks,
            charges=begun.charges,
            verdicts=verdicts,
            workspace=begun.workspace,
            poll_path=path,
            give_up_at=begun.now + poll.give_up,
        )


def judged(
    route: Route,
    verdicts: tuple[Verdict, ...],
    shown: tuple[int, Headers],
    body: bytes,
    workspace: RequestWorkspace,
    context: PlainContext | None,
) -> Judged:
    """What is written of a plain answer: it does not depend on the costs."""
    status, headers = shown
    answer = answers.with_workspace(route, body, workspace)
    event = None
    is_good = any(verdict == answers.BILLED for verdict in verdicts)
    if route.event is not None and is_good:
        event = Event(route.event, answers.event_body(route.event, answer))
    every = None if route.poll is None or context is None else route.poll.every
    is_lost = status >= FAULTS and context is None

    def paper(_costs: tuple[Micros, ...]) -> Paper:
        return Paper(
            state="released" if is_lost else "done" if context is None else "pending",
            status=status,
            headers=headers,
            answer=answer,
            context=None if context is None else _encode(context),
            again_in=every,
            event=event,
        )

    news = None
    if route.repeat is not None:
        digest = sha256(b"\0".join((route.name.encode(), body))).digest()
        news = (Mark(digest, route.repeat.window),)
    return Judged(verdicts=verdicts, paper=paper, news=news)
