"""A spend limit as requests give it and answers show it."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from prepaid.domain.limits import CALENDAR_MONTH, Limit, Period
from prepaid.domain.refusals import Refusal, invalid
from prepaid.web.alert_shapes import CENTS_MAX, Minutes
from prepaid.web.shapes import Body, Shape

_ONE = "or spendLimit.periodMinutes must be given, and not both"


class SpendLimitBody(Body, frozen=True, kw_only=True):
    """What a workspace may spend within a calendar month (UTC), or within a rolling period."""

    cents: Annotated[int, Meta(ge=0, le=CENTS_MAX)]
    period: Period | UnsetType = UNSET
    period_minutes: Minutes | UnsetType = UNSET


class SpendLimitShape(Shape, frozen=True, kw_only=True):
    """A spend limit; one of `period` and `periodMinutes` is there, so that it can be sent back."""

    cents: int
    period: Period | UnsetType = UNSET
    period_minutes: int | UnsetType = UNSET


def limit_of(body: SpendLimitBody | None) -> Limit | None:
    """The limit a body asks for; None for none.

    Raises:
        Refusal: 400 when both kinds of period are given, or neither.
    """
    if body is None:
        return None
    if (body.period is UNSET) == (body.period_minutes is UNSET):
        which = "one" if body.period is UNSET else "only one"
        message = f"{which} of spendLimit.period and spendLimit.periodMinutes must be given"
        raise Refusal("invalid_request", message, invalid("spendLimit.period", _ONE).details)
    return Limit(body.cents, None if body.period_minutes is UNSET else body.period_minutes)


def shape(limit: Limit | None) -> SpendLimitShape | None:
    """A limit as answers show it."""
    if limit is None:
        return None
    if limit.minutes is None:
        return SpendLimitShape(cents=limit.cents, period=CALENDAR_MONTH)
    return SpendLimitShape(cents=limit.cents, period_minutes=limit.minutes)
