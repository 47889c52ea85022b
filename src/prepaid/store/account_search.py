"""Finding accounts: by their id, by a part of their name, or by an admin's address."""

from msgspec import Struct
from sqlalchemy import Connection, or_, select, tuple_

from prepaid.domain import ids
from prepaid.domain.ids import AccountId
from prepaid.domain.people import mailbox
from prepaid.store import accounts
from prepaid.store import tables as t
from prepaid.store.accounts import AccountRow


class Place(Struct, frozen=True):
    """Where a page of accounts ends."""

    name: str
    account: AccountId


def page(connection: Connection, text: str, after: Place | None, limit: int) -> list[AccountRow]:
    """Accounts by name, then id, those after a place; an empty text finds all."""
    a, m = t.account.c, t.account_admin.c
    query = accounts.every().order_by(a.name, a.id).limit(limit)
    named = ids.parse_account(text.strip())
    if named is not None:
        query = query.where(a.id == named)
    elif text.strip():
        admins = select(m.account_id).where(m.email.contains(mailbox(text), autoescape=True))
        query = query.where(or_(a.name.icontains(text.strip(), autoescape=True), a.id.in_(admins)))
    if after is not None:
        query = query.where(tuple_(a.name, a.id) > (after.name, after.account))
    return accounts.rows(connection, query)
