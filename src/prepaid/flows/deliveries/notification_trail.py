"""What became of a notification: why it fired, where it went, and every attempt to deliver it."""

from collections.abc import Iterable
from typing import NamedTuple

from prepaid.domain.ids import ACCOUNT_WIDE, AccountId, WorkspaceNumber
from prepaid.flows import alerting
from prepaid.flows.alerting import Explained
from prepaid.flows.desk import Desk
from prepaid.store.deliveries import attempts, endpoints, outbox
from prepaid.store.deliveries import notification_trail as stored
from prepaid.store.deliveries.attempts import Wanted
from prepaid.store.deliveries.notification_trail import MailAttemptRow, MailRow
from prepaid.store.deliveries.outbox import DeliveryRow
from prepaid.store.deliveries.queue import AttemptRow
from prepaid.store.vault import Connection

__all__ = ["MailAttemptRow", "MailRow"]

ATTEMPTS_MAX = 200  # shown; the newest


class Delivery(NamedTuple):
    """A webhook on its way to one endpoint."""

    row: DeliveryRow
    url: str


class Trail(NamedTuple):
    """A notification from its cause to its last attempt."""

    explained: Explained
    message: int | None  # None: not sent as a webhook, or no longer kept
    deliveries: list[Delivery]
    attempts: list[AttemptRow]
    mails: list[MailRow]
    mail_attempts: list[MailAttemptRow]


async def trail(desk: Desk, account: AccountId, number: int) -> Trail:
    """Everything about a notification.

    Raises:
        Refusal: `404 not_found`.
    """
    explained = await alerting.explain(desk, account, number)
    key = explained.recorded.notification.dedup_key

    def work(connection: Connection) -> Trail:
        message = stored.message_of(connection, account, number)
        deliveries: list[Delivery] = []
        tried: list[AttemptRow] = []
        if message is not None:
            urls = {one.number: one.url for one in endpoints.every(connection, account)}
            rows = outbox.deliveries(connection, account, message)
            deliveries = [Delivery(row, urls[row.endpoint]) for row in rows]
            wanted = Wanted(message=message)
            found = attempts.page(connection, account, wanted, ATTEMPTS_MAX)
            tried = [row for row, _ in found.rows if row.endpoint in urls]
        return Trail(
            explained,
            message,
            deliveries,
            tried,
            stored.mails(connection, account, key),
            stored.mail_attempts(connection, account, key),
        )

    return await desk.vault.read(work)


async def workspace_names(
    desk: Desk, account: AccountId, numbers: Iterable[WorkspaceNumber]
) -> dict[WorkspaceNumber, str]:
    """The names of some workspaces, archived ones too."""
    wanted = set(numbers) - {ACCOUNT_WIDE}
    if not wanted:
        return {}
    return await desk.vault.read(lambda c: stored.names(c, account, wanted))
