"""Requests that somebody has to go on with: their answer is still to come, or their maker is gone.

Each is taken over by a claim, so that one process goes on with it, and none settles twice.
"""

import asyncio

import msgspec
import structlog
from msgspec.structs import replace

from prepaid.domain.amounts import Micros
from prepaid.domain.company import answers as company_answers
from prepaid.domain.company.register import register_answer
from prepaid.domain.ids import AccountId
from prepaid.domain.instants import SECOND, Instant, Span
from prepaid.domain.proxied import ClaimLost, Paper, Part, Proxied, SettleGroup, Writing
from prepaid.domain.routing import answers, json_trees
from prepaid.domain.routing.answers import BILLED, FAILED, PENDING, Verdict
from prepaid.domain.routing.headers import back, onward
from prepaid.domain.routing.routes import Route
from prepaid.flows.accounts import locked
from prepaid.flows.proxying import company_errands, plain_errands
from prepaid.flows.proxying.company_errands import CompanyContext, understood
from prepaid.flows.proxying.errands import Judged
from prepaid.flows.proxying.passing import Proxy
from prepaid.flows.proxying.plain_errands import PlainContext
from prepaid.flows.proxying.settling import CLAIM_BYTES, LEASE_EXTRA, give_back_all, surely
from prepaid.flows.proxying.upstreams import Heard, Outgoing, UpstreamFailed, UpstreamLate
from prepaid.store import proxied
from prepaid.store.vault import Connection

log = structlog.get_logger("prepaid.proxy")

TAKEN_MAX = 100
AT_ONCE = 16
PAUSE_MAX: Span = 600 * SECOND  # between two asks while the upstream gives no answer

Context = PlainContext | CompanyContext
_decode = msgspec.json.Decoder(Context).decode


async def follow(proxy: Proxy) -> int:
    """Go on with what is due; how many requests that were. Times are the database's."""
    vault = proxy.desk.vault
    due = await vault.read(lambda c: proxied.due(c, vault.clock(c), TAKEN_MAX))
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(account: AccountId, request: str) -> None:
        async with turns:
            try:
                await _go_on(proxy, account, request)
            except Exception:
                log.exception("request could not be followed", request=request)

    await asyncio.gather(*(one(*place) for place in due))
    return len(due)


async def _go_on(proxy: Proxy, account: AccountId, request: str) -> None:
    desk, claim = proxy.desk, proxy.desk.token(CLAIM_BYTES)

    def take(connection: Connection, _row: object) -> tuple[Proxied | None, Instant]:
        now = desk.vault.clock(connection)
        found = proxied.get(connection, account, request)
        until = now + LEASE_EXTRA + (0 if found is None else _timeout(proxy, found))
        return proxied.claim(connection, account, request, claim, (now, until)), now

    found, now = await locked(desk, account, take)
    if found is None:  # another process was first
        return
    if found.state == "in_flight" or found.context is None:
        await give_back_all(proxy.desk, found)
        return
    await _ask_again(proxy, found, _decode(found.context), now)


def _timeout(proxy: Proxy, found: Proxied) -> Span:
    route = _route(proxy, found.route)
    return 0 if route is None else route.timeout


def _route(proxy: Proxy, name: str) -> Route | None:
    """The route of a request; None when the routes file has lost it."""
    return next((route for route in proxy.routes.routes if route.name == name), None)


async def _ask_again(proxy: Proxy, found: Proxied, context: Context, now: Instant) -> None:
    route = _route(proxy, context.route)
    is_late = now >= context.give_up_at
    heard = None if route is None else await _polled(proxy, route, context.poll_path)
    judged = None
    if heard is not None and route is not None:
        judged = _judge(route, found, context, heard, is_late=is_late)
    if judged is None and is_late:
        judged = _given_up(route, found, context)
    if judged is None:
        await _later(proxy, found, route, is_answered=heard is not None)
        return
    before = context.verdicts
    places = company_errands.still_pending(before)
    parts = tuple(
        Part(
            context.charges[place],
            judged.verdicts[place],
            _sku(context, place),
            context.marks[place],
        )
        for place in places
    )
    settle = SettleGroup(
        account=found.account,
        parts=parts,
        writing=_writing(context, places, judged),
        request=found.id,
        claim=found.claim,
        news=judged.news,
        is_completion=True,
    )
    try:
        await surely(proxy.desk, settle)
    except ClaimLost:
        log.info("request was followed by somebody else", request=found.id)


async def _polled(proxy: Proxy, route: Route, path: str) -> Heard | None:
    """The upstream's newest answer; None when it gave none that can be used."""
    assert route.upstream is not None, "what is followed has an upstream"
    own = dict(proxy.routes.upstreams[route.upstream].headers)
    outgoing = Outgoing(
        method="GET",
        url=proxy.ways.url(route.upstream, path, ""),
        headers=onward((), own, buffered=True),
        timeout_s=route.timeout / SECOND,
        answer_max=route.answer_max,
    )
    try:
        heard = await proxy.upstreams.ask(outgoing, b"")
    except (UpstreamFailed, UpstreamLate) as error:
        log.info("upstream gave no answer to a poll", route=route.name, reason=str(error))
        return None
    return heard if 200 <= heard.status <= 299 else None  # noqa: PLR2004 - success, in HTTP's words


def _judge(
    route: Route, found: Proxied, context: Context, heard: Heard, *, is_late: bool
) -> Judged | None:
    """What a newer answer completes; None when it completes nothing."""
    if isinstance(context, PlainContext):
        document = json_trees.document(heard.body)
        verdicts = answers.verdicts(route, context.lines, heard.status, document)
        verdicts = _firm(context.verdicts, verdicts, is_late=is_late)
        if verdicts == context.verdicts:
            return None
        kept = replace(context, verdicts=verdicts) if PENDING in verdicts else None
        shown = (heard.status, back(heard.headers, buffered=True))
        return plain_errands.judged(route, verdicts, shown, heard.body, context.workspace, kept)
    try:
        answer = understood(heard)
    except UpstreamFailed:
        return None
    if is_late:
        answer = answer.given_up()
    verdicts = company_answers.verdicts(context.plan, answer)
    if _takes_back(context.verdicts, verdicts):
        return None
    if company_errands.told(context.plan, answer) == context.told and not is_late:
        return None
    return company_errands.judged(route, found.id, replace(context, verdicts=verdicts), answer)


def _given_up(route: Route | None, found: Proxied, context: Context) -> Judged:
    """Nothing more came in time: what is pending is released, the rest of the answer stays."""
    verdicts = _firm(context.verdicts, context.verdicts, is_late=True)
    if isinstance(context, CompanyContext) and route is not None and found.answer is not None:
        # Our own answer has the register's shape, so it can be read as what was last heard.
        answer = register_answer(200, found.answer)
        assert answer is not None, "our answer is a JSON object"
        kept = replace(context, verdicts=verdicts)
        return company_errands.judged(route, found.id, kept, answer.given_up())

    def paper(_costs: tuple[Micros, ...]) -> Paper:
        status = 200 if found.status is None else found.status
        return Paper(status=status, headers=found.headers, answer=found.answer)

    return Judged(verdicts=verdicts, paper=paper)


def _firm(
    before: tuple[Verdict, ...], after: tuple[Verdict, ...], *, is_late: bool
) -> tuple[Verdict, ...]:
    """What was final stays; when it is late, nothing is pending any more."""
    return tuple(
        old if old != PENDING else FAILED if is_late and new == PENDING else new
        for old, new in zip(before, after, strict=True)
    )


def _takes_back(before: tuple[Verdict, ...], after: tuple[Verdict, ...]) -> bool:
    """An answer that denies what was billed cannot be shown beside its cost."""
    return any(old == BILLED != new for old, new in zip(before, after, strict=True))


def _writing(context: Context, places: tuple[int, ...], judged: Judged) -> Writing:
    """Fill in the costs of the lines that ended before."""
    earlier = context.costs if isinstance(context, CompanyContext) else ()

    def write(costs: tuple[Micros, ...]) -> Paper:
        whole = list(earlier or (0,) * len(context.verdicts))
        for place, cost in zip(places, costs, strict=True):
            whole[place] = cost
        return judged.paper(tuple(whole))

    return write


async def _later(proxy: Proxy, found: Proxied, route: Route | None, *, is_answered: bool) -> None:
    desk = proxy.desk
    every = SECOND if route is None or route.poll is None else route.poll.every

    def work(connection: Connection, _row: object) -> None:
        now = desk.vault.clock(connection)
        pause = every if is_answered else max(every, min(PAUSE_MAX, _silence(found, now) // 10))
        proxied.postpone(connection, found.account, found.id, found.claim, now + pause)

    await locked(desk, found.account, work)


def _silence(found: Proxied, now: Instant) -> Span:
    """How long nothing new has been heard."""
    return max(0, now - (found.answered_at or now))


def _sku(context: Context, place: int) -> str:
    lines = context.lines if isinstance(context, PlainContext) else context.plan.lines
    return lines[place].sku
