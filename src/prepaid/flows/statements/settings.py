"""How an account's statements are made: its details and its logo."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from prepaid.domain.ids import AccountId
from prepaid.domain.refusals import invalid, not_found
from prepaid.domain.statements.settings import Logo, Settings
from prepaid.flows.accounts import locked
from prepaid.flows.desk import Desk, existing
from prepaid.flows.statements.making import Making, zone_of
from prepaid.flows.statements.printers import BadLogo
from prepaid.store import accounts
from prepaid.store.accounts import AccountRow
from prepaid.store.statements import settings as statement_settings
from prepaid.store.vault import Connection


class Details(Struct, frozen=True):
    """The settings, with what they rest on."""

    account: AccountRow
    settings: Settings
    logo: Logo | None


async def get(desk: Desk, account: AccountId) -> Details:
    """The settings of an account.

    Raises:
        Refusal: `404 not_found`.
    """
    return await desk.vault.read(lambda c: _details(c, existing(accounts.get(c, account), account)))


async def picture(desk: Desk, account: AccountId, digest: str) -> Logo:
    """A logo of the account, also one that was replaced since.

    Raises:
        Refusal: `404 not_found`.
    """
    found = await desk.vault.read(lambda c: statement_settings.get_logo(c, account, digest))
    if found is None:
        raise not_found("the logo")
    return found


async def change(
    desk: Desk, account: AccountId, values: Mapping[str, object], logo: Logo | None = None
) -> Details:
    """Change some settings; statements that are final keep theirs.

    Args:
        desk: the parts to work with.
        account: whose.
        values: fields of `Settings` but `automatic_since`.
        logo: a new picture, whose hash is then the field `logo`.

    Raises:
        Refusal: `404 not_found`, 400 naming `timeZone` or `logo.data`.
    """
    if logo is not None:
        try:
            await desk.printer.check_logo(logo)
        except BadLogo as error:
            raise invalid("logo.data", str(error)) from error
        values = {**values, "logo": logo.hash}
    zone = values.get("time_zone")
    if isinstance(zone, str):
        try:
            zone_of(zone)
        except ValueError as error:
            raise invalid("timeZone", str(error)) from error

    def work(connection: Connection, row: AccountRow) -> Details:
        if logo is not None:
            statement_settings.add_logo(connection, row.id, logo)
        _keep(desk, connection, row, values)
        return _details(connection, row)

    return await locked(desk, account, work)


def _keep(
    desk: Desk, connection: Connection, row: AccountRow, values: Mapping[str, object]
) -> None:
    at = desk.vault.clock(connection)
    now = row.time(at)
    before = statement_settings.get(connection, row.id)
    after: Settings = replace(before, **values)
    if after.automatic and not before.automatic:
        after = replace(after, automatic_since=now)
    statement_settings.put(connection, row.id, after, due_at=None, at=at)
    if after.automatic:
        making = Making(connection, row, now)  # by the new time zone
        due_at = making.calendar.period(making.open_month).ends
        statement_settings.put(connection, row.id, after, due_at=due_at, at=at)


def _details(connection: Connection, row: AccountRow) -> Details:
    settings = statement_settings.get(connection, row.id)
    logo = None
    if settings.logo is not None:
        logo = statement_settings.get_logo(connection, row.id, settings.logo)
    return Details(row, settings, logo)
