"""How endpoints fare: changed with the results of their deliveries, under their lock."""

from msgspec import Struct
from sqlalchemy import Connection, or_, select, update

from prepaid.domain.deliveries.retries import Health
from prepaid.domain.instants import Instant
from prepaid.store import tables as t
from prepaid.store.deliveries.queue import Place

_e = t.endpoint.c


class EndpointState(Struct, frozen=True):
    """What changes about an endpoint with its deliveries, under lock."""

    url: str
    disabled: bool  # or deleted
    due_at: Instant | None
    health: Health


def lock(connection: Connection, place: Place) -> EndpointState:
    """The endpoint's row, locked. Call it for several in order."""
    query = (
        select(
            _e.url,
            or_(_e.disabled, _e.deleted_at.is_not(None)),
            _e.due_at,
            _e.failing_since,
            _e.exhausted,
            _e.gone,
            _e.warned,
        )
        .where(_e.account_id == place[0], _e.number == place[1])
        .with_for_update()
    )
    url, is_off, due_at, *health = connection.execute(query).one()
    return EndpointState(url, bool(is_off), due_at, Health(*health))


def store(
    connection: Connection, place: Place, state: EndpointState, reason: str | None, at: Instant
) -> None:
    """Write the changed state of a locked endpoint; `reason`: it is switched off for it."""
    health = state.health
    values: dict[str, object] = {
        "due_at": state.due_at,
        "failing_since": health.failing_since,
        "exhausted": health.exhausted,
        "gone": health.gone,
        "warned": health.warned,
    }
    if reason is not None:
        values |= {"disabled": True, "disabled_reason": reason, "updated_at": at}
    where = (_e.account_id == place[0], _e.number == place[1])
    connection.execute(update(t.endpoint).where(*where).values(values))
