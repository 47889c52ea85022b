"""What an attempt means for its delivery. Knows neither the wire nor the queue."""

from typing import Literal

from msgspec import Struct

from prepaid.domain.deliveries import retries
from prepaid.domain.deliveries.retries import Schedule
from prepaid.domain.instants import Instant

Status = Literal["waiting", "sent", "failed"]
WAITING: Status = "waiting"
SENT: Status = "sent"
FAILED: Status = "failed"


class Verdict(Struct, frozen=True):
    """Where a delivery stands after an attempt."""

    status: Status
    due_at: Instant | None  # of the next attempt, while waiting
    exhausted: bool = False  # it was given up because the schedule has ended


def judge(
    *,
    failure: str | None,
    asked: str | None,
    made: int,
    asked_at: Instant,
    now: Instant,
    roll: float,
    retry_after: str | None = None,
    schedule: Schedule = retries.WEBHOOKS,
) -> Verdict:
    """What follows from an attempt that ended at `now`.

    Args:
        failure: class of error; None: it succeeded.
        asked: the directive of the receiver, see `retries.directive`; either ends the attempts.
        made: attempts since the delivery was asked for, this one included.
        asked_at: when it, or its replay, was asked for.
        now: when the attempt ended.
        roll: a random number in [0, 1).
        retry_after: the receiver's header.
        schedule: of the channel.
    """
    if failure is None:
        return Verdict(SENT, None)
    if asked is not None:
        return Verdict(FAILED, None)
    due_at = retries.next_attempt(
        schedule,
        made=made,
        created_at=asked_at,
        now=now,
        roll=roll,
        wait_min=retries.retry_after(retry_after, now),
    )
    if due_at is None:
        return Verdict(FAILED, None, exhausted=True)
    return Verdict(WAITING, due_at)
