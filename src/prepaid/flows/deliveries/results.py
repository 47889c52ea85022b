"""What an attempt changes: its delivery, its endpoint's health, and what the owner is told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from msgspec.structs import replace

from prepaid.domain import ids
from prepaid.domain.deliveries import retries
from prepaid.domain.deliveries.delivery import FAILED, Verdict, judge
from prepaid.domain.deliveries.retries import HEALTHY, Health
from prepaid.domain.instants import Instant
from prepaid.domain.topups.state import Notice
from prepaid.store.deliveries import attempts, endpoint_states, notices
from prepaid.store.deliveries.attempts import Recorded
from prepaid.store.deliveries.delivery import Claimed
from prepaid.store.deliveries.endpoint_states import EndpointState
from prepaid.store.deliveries.queue import AfterRow, AttemptRow, Place
from prepaid.store.vault import Connection

FAILING = "endpoint_failing"  # kinds of notices
DISABLED = "endpoint_disabled"


class Reply(Protocol):
    """What became of one request."""

    @property
    def failure(self) -> str | None:
        """Class of error; None: 2xx."""

    @property
    def status(self) -> int | None:
        """Of the HTTP answer."""

    @property
    def duration_ms(self) -> int:
        """How long it took."""

    @property
    def excerpt(self) -> str:
        """Of the answer, or the error."""

    @property
    def address(self) -> str | None:
        """The concrete address."""

    @property
    def retry_after(self) -> str | None:
        """The header."""

    @property
    def directive(self) -> str | None:
        """The header `webhook-delivery`."""

    @property
    def request_headers(self) -> str:
        """As they were sent, secret values masked; empty: nothing was sent."""

    @property
    def response_headers(self) -> str:
        """Of the answer, bounded and printable."""


class Sender(Protocol):
    """Posts one webhook; never raises for what the receiver does."""

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], own: Mapping[str, str], /
    ) -> Reply:
        """Send one request and say what became of it. The values of `own` headers are secret."""


@dataclass(frozen=True)
class Unsent:
    """Nothing was sent: the endpoint's secrets cannot be opened, or the fault is ours."""

    excerpt: str
    failure: str = "secret"
    status: int | None = None
    duration_ms: int = 0
    address: str | None = None
    retry_after: str | None = None
    directive: str | None = None
    request_headers: str = ""
    response_headers: str = ""


@dataclass
class Result:
    """An attempt that has ended and is not recorded yet."""

    claimed: Claimed
    reply: Reply
    roll: float  # random, in [0, 1)
    exhausted: bool = False  # set when it is recorded


def record(connection: Connection, ended: Sequence[Result], now: Instant) -> list[Result]:
    """Keep results whose claim still holds, in one transaction with all that follows from them."""
    by_claimed = {id(one.claimed): one for one in ended}
    # In one order by everyone, since the database locks what is written.
    recorded = sorted((_recorded(one, now) for one in ended), key=lambda one: one.attempt[:3])
    kept = [(by_claimed[id(one.claimed)], one) for one in attempts.keep(connection, recorded)]
    for place, group in groupby(kept, lambda pair: pair[0].claimed.target.place):
        _follow(connection, place, list(group), now)
    return [result for result, _ in kept]


def _recorded(result: Result, now: Instant) -> Recorded:
    verdict = _judge(result, now)
    result.exhausted = verdict.exhausted
    claimed = result.claimed
    after = AfterRow(claimed.claim, verdict.status, verdict.due_at, claimed.made + 1)
    return Recorded(claimed, _row(result, now), after)


def _judge(result: Result, now: Instant) -> Verdict:
    claimed, reply = result.claimed, result.reply
    return judge(
        failure=reply.failure,
        asked=retries.directive(reply.directive),
        made=claimed.made + 1,
        asked_at=claimed.asked_at,
        now=now,
        roll=result.roll,
        retry_after=reply.retry_after,
    )


def _row(result: Result, now: Instant) -> AttemptRow:
    (account, endpoint), reply = result.claimed.target.place, result.reply
    return AttemptRow(
        account_id=account,
        endpoint=endpoint,
        message=result.claimed.message,
        number=result.claimed.attempts + 1,
        at=now,
        failure=reply.failure,
        status=reply.status,
        duration_ms=reply.duration_ms,
        excerpt=reply.excerpt,
        address=reply.address,
        url=result.claimed.target.url,
        request_headers=reply.request_headers,
        response_headers=reply.response_headers,
    )


def _follow(
    connection: Connection,
    place: Place,
    group: Sequence[tuple[Result, Recorded]],
    now: Instant,
) -> None:
    """The endpoint's health after these results, and what its owner is told of it."""
    is_plain = all(
        result.reply.failure is None
        and result.claimed.target.was_healthy
        and retries.directive(result.reply.directive) != "disable"
        for result, _ in group
    )
    if is_plain:
        return  # the endpoint's row is left alone
    state = endpoint_states.lock(connection, place)
    health = _health(state.health, group, now)
    dues = [one.after.due_at for _, one in group if one.after.due_at is not None]
    due_at = min([*dues, *([] if state.due_at is None else [state.due_at])], default=None)
    reason = None if state.disabled else _reason(group, health, now)
    told: list[Notice] = []
    if reason is not None:
        facts = {"url": state.url, "at": str(now), "reason": reason}
        told.append(Notice(_key(DISABLED, place, now), DISABLED, now, facts))
        due_at = now  # the worker meets it at once, and ends what waits for it
    elif not state.disabled and retries.warnings_due(health, now) > health.warned:
        health = replace(health, warned=retries.warnings_due(health, now))
        told.append(_warning(place, state, health, group, now))
    endpoint_states.store(
        connection, place, replace(state, due_at=due_at, health=health), reason, now
    )
    notices.add(connection, place[0], told, now)


def _health(health: Health, group: Iterable[tuple[Result, Recorded]], now: Instant) -> Health:
    for result, recorded in group:
        if result.reply.failure is None:
            health = HEALTHY
            continue
        status = result.reply.status
        # One that is replayed in vain was given up before, and counts once more.
        exhausted = recorded.after.delivery == FAILED and result.exhausted
        health = retries.after_failure(health, now, status=status, exhausted=exhausted)
    return health


def _reason(group: Iterable[tuple[Result, Recorded]], health: Health, now: Instant) -> str | None:
    if any(retries.directive(result.reply.directive) == "disable" for result, _ in group):
        return "asked"
    if not retries.must_disable(health, now):
        return None
    return "gone" if health.gone >= retries.GONE_MAX else "failing"


def _warning(
    place: Place,
    state: EndpointState,
    health: Health,
    group: Sequence[tuple[Result, Recorded]],
    now: Instant,
) -> Notice:
    failed = next(result.reply for result, _ in reversed(group) if result.reply.failure)
    last = f"HTTP {failed.status}" if failed.status else str(failed.failure).replace("_", " ")
    facts = {
        "url": state.url,
        "since": str(health.failing_since),
        "disable_at": str(retries.disable_at(health)),
        "last_failure": last,
    }
    key = f"{_key(FAILING, place, health.failing_since or now)}:{health.warned}"
    return Notice(key, FAILING, now, facts)


def _key(kind: str, place: Place, at: Instant) -> str:
    return f"{kind}:{ids.owned('ep', *place)}:{at}"
