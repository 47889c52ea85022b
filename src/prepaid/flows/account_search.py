"""The operator's list of accounts: found by id, name or admin, page by page."""

from msgspec import Struct

from prepaid.flows.desk import Desk
from prepaid.store import account_search
from prepaid.store.account_search import Place
from prepaid.store.accounts import AccountRow

__all__ = ["AccountRow", "Place"]

PAGE_MAX = 200
TEXT_MAX = 255


class AccountsPage(Struct, frozen=True):
    """Some accounts by name, and where the next page begins; None: there is none."""

    rows: list[AccountRow]
    next: Place | None


async def search(
    desk: Desk, text: str = "", after: Place | None = None, limit: int = 50
) -> AccountsPage:
    """Accounts whose id is `text`, or whose name or an admin's address contains it."""
    if not text.isprintable():  # no name has such letters, and PostgreSQL takes none of them
        return AccountsPage([], None)
    most = min(limit, PAGE_MAX)
    rows = await desk.vault.read(lambda c: account_search.page(c, text[:TEXT_MAX], after, most + 1))
    shown = rows[:most]
    more = Place(shown[-1].name, shown[-1].id) if len(rows) > most else None
    return AccountsPage(shown, more)
