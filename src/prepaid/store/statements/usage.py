"""What a month of statements used: of all workspaces, or of those that a page shows."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, or_, select

from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.instants import DAY, day_from, day_of
from prepaid.domain.statements.months import Period
from prepaid.domain.statements.statement import Place, Used
from prepaid.domain.usage import Days, parts
from prepaid.store import usage
from prepaid.store.rollups import Which, each, summed
from prepaid.store.usage import Line

Usage = dict[Place, Used]


def of_month(connection: Connection, account: AccountId, period: Period, today: int) -> Usage:
    """Usage of the charges reserved in a month; `today` is the account's UTC day."""
    lines = usage.report(connection, account, period.starts, period.ends, today)
    return _by_place(period, lines)


def of_whole_days(
    connection: Connection,
    account: AccountId,
    period: Period,
    today: int,
    among: Collection[WorkspaceNumber],
) -> Usage:
    """Usage of some workspaces on a month's whole UTC days, from as few rollups as those have."""
    days = Days(day_from(period.starts), day_of(period.ends), today)
    if days.first >= days.end or not among:
        return {}
    used = each(account, parts(days), Which(among=list(among))).c
    requests, micros = summed(used.requests), summed(used.micros)
    query = (
        select(used.workspace, used.sku, requests, micros)
        .group_by(used.workspace, used.sku)
        .having(or_(requests != 0, micros != 0))
    )
    return _by_place(period, [Line(*row) for row in connection.execute(query)])


def beside_whole_days(
    connection: Connection, account: AccountId, period: Period, today: int
) -> Usage:
    """Everybody's usage on the parts of days at a month's ends, in zones other than UTC."""
    first, last = day_from(period.starts) * DAY, day_of(period.ends) * DAY
    if first >= last:  # a zone that was changed may leave less than a day
        return of_month(connection, account, period, today)
    lines: list[Line] = []
    for start, end in ((period.starts, first), (last, period.ends)):
        if start < end and day_of(start) <= today:  # nothing is charged in days to come
            lines += usage.report(connection, account, start, end, today)
    return _by_place(period, lines)


def _by_place(period: Period, lines: Iterable[Line]) -> Usage:
    found: Usage = {}
    for line in lines:
        place = Place(line.workspace, period.month, line.sku)
        before = found.get(place, Used(0, 0))
        found[place] = Used(before.count + line.requests, before.micros + line.micros)
    return found
