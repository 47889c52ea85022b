"""The operator's routes for charges."""

import msgspec
import structlog

from prepaid.domain.book import Outcome
from prepaid.domain.commands import Command
from prepaid.domain.ids import Owned
from prepaid.domain.refusals import Refusal, invalid
from prepaid.flows import metering
from prepaid.web import charge_shapes as shapes
from prepaid.web import charges, errors, parsing
from prepaid.web.charge_shapes import BatchItem, BatchResult, BatchShape
from prepaid.web.routing import Answer, Call, Route, replayed

log = structlog.get_logger("prepaid.web")

BATCH_MAX = 1_000


async def reserve(call: Call) -> Answer:
    """Reserve, or charge at once."""
    command = await charges.reserve_of(call.body, call.key, call.ring)
    outcome = await metering.charge(call.desk, command)
    return Answer(charges.reserved(outcome), 201, replayed(outcome.replayed))


async def settle(call: Call) -> Answer:
    """Fix the final amount."""
    command = charges.settle_of(_place(call), call.body, call.key)
    outcome = await metering.charge(call.desk, command)
    return Answer(charges.ended(outcome), 200, replayed(outcome.replayed))


async def release(call: Call) -> Answer:
    """Give all of it back."""
    outcome = await metering.charge(call.desk, charges.release_of(_place(call), call.key))
    return Answer(charges.ended(outcome), 200, replayed(outcome.replayed))


async def refund(call: Call) -> Answer:
    """Give back all or part of a settled charge."""
    command = charges.refund_of(_place(call), call.body, call.key)
    outcome = await metering.charge(call.desk, command)
    return Answer(charges.refunded(outcome), 200, replayed(outcome.replayed))


async def get(call: Call) -> Answer:
    """One charge as it is now."""
    charge, tag = await metering.get_charge(call.desk, _place(call))
    return Answer(charges.record(charge, tag))


async def batch(call: Call) -> Answer:
    """Up to 1 000 charges; one bad item does not spoil the others."""
    if not 1 <= len(call.body.charges) <= BATCH_MAX:
        raise invalid("charges", f"must have 1 to {BATCH_MAX} items")
    commands = [await _item(call, raw) for raw in call.body.charges]
    results = await metering.charge_many(call.desk, commands)
    return Answer(BatchShape(results=[_result(result) for result in results]))


async def _item(call: Call, raw: msgspec.Raw) -> Command | Refusal:
    try:
        item = parsing.decode(bytes(raw), BatchItem)
        key = parsing.idempotency_key(item.idempotency_key)
        return await charges.reserve_of(item, key, call.ring)
    except Refusal as refusal:
        return refusal


def _result(result: Outcome | Exception) -> BatchResult:
    if isinstance(result, Outcome):
        body = charges.reserved(result)
        return BatchResult(status=201, replayed=result.replayed, body=body)
    try:
        problem = errors.envelope(result)
    except TypeError:
        log.exception("charge of a batch failed", exc_info=result)
        problem = errors.INTERNAL
    return BatchResult(status=problem.status_code, body=problem)


def _place(call: Call) -> Owned:
    return parsing.owned_id("chg", call.path["id"], "the charge")


ROUTES = [
    Route(
        "POST",
        "/v2/operator/charges",
        reserve,
        "Reserve credits for a billable request, or charge at once",
        body=shapes.ChargeBody,
        answer=shapes.ChargeShape,
        status=201,
        is_idempotent=True,
        refusals=(
            "workspace_not_found",
            "insufficient_funds",
            "workspace_limit_reached",
            "account_closed",
        ),
    ),
    Route(
        "POST",
        "/v2/operator/charges/batch",
        batch,
        "Charge up to 1 000 requests, each with its own result",
        body=shapes.BatchBody,
        answer=BatchShape,
    ),
    Route("GET", "/v2/operator/charges/{id}", get, "One charge", answer=shapes.ChargeRecord),
    Route(
        "POST",
        "/v2/operator/charges/{id}/settle",
        settle,
        "Fix the final amount of a charge",
        body=shapes.SettleBody,
        answer=shapes.ChargeRecord,
        is_idempotent=True,
        refusals=("charge_closed",),
    ),
    Route(
        "POST",
        "/v2/operator/charges/{id}/release",
        release,
        "Give all of a held charge back",
        body=shapes.NoBody,
        answer=shapes.ChargeRecord,
        is_idempotent=True,
        refusals=("charge_closed",),
    ),
    Route(
        "POST",
        "/v2/operator/charges/{id}/refund",
        refund,
        "Give back all or part of a settled charge",
        body=shapes.RefundBody,
        answer=shapes.ChargeRecord,
        is_idempotent=True,
        refusals=("charge_closed",),
    ),
]
