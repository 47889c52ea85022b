"""The prices that accounts ask of their own clients: one row per workspace and SKU, either any."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, func, insert, select

from prepaid.domain.ids import AccountId, WorkspaceNumber
from prepaid.domain.statements.prices import ClientPrice
from prepaid.store import tables as t

_FIELDS = ClientPrice.__struct_fields__
_p = t.client_price.c


def every(
    connection: Connection,
    account: AccountId,
    among: Collection[WorkspaceNumber] | None = None,
) -> list[ClientPrice]:
    """The prices of an account, or only those that are set for some workspaces."""
    query = select(*(_p[name] for name in _FIELDS)).where(_p.account_id == account)
    if among is not None:
        query = query.where(_p.workspace.in_(among))
    return [ClientPrice(*row) for row in connection.execute(query.order_by(_p.workspace, _p.sku))]


def counts(connection: Connection, account: AccountId) -> dict[WorkspaceNumber, int]:
    """How many prices each workspace has; those that have none are left out."""
    query = (
        select(_p.workspace, func.count()).where(_p.account_id == account).group_by(_p.workspace)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def replace(connection: Connection, account: AccountId, rules: Sequence[ClientPrice]) -> None:
    """Put new prices in place of all old ones of a locked account."""
    connection.execute(delete(t.client_price).where(_p.account_id == account))
    if rules:
        connection.execute(insert(t.client_price), [_row(account, rule) for rule in rules])


def put(connection: Connection, account: AccountId, rule: ClientPrice) -> None:
    """Keep one price of a locked account, in place of the one for the same."""
    drop(connection, account, rule.workspace, rule.sku)
    connection.execute(insert(t.client_price), _row(account, rule))


def drop(
    connection: Connection, account: AccountId, workspace: WorkspaceNumber, sku: str | None = None
) -> None:
    """Take a price of a workspace away, or all of its prices, from a locked account."""
    gone = delete(t.client_price).where(_p.account_id == account, _p.workspace == workspace)
    connection.execute(gone if sku is None else gone.where(_p.sku == sku))


def _row(account: AccountId, rule: ClientPrice) -> dict[str, object]:
    return {"account_id": account} | {name: getattr(rule, name) for name in _FIELDS}
