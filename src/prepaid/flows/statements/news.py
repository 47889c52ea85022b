"""Tells an account that the statements of a month are final: an event, and a mail to its admins.

Written in the transaction that closes the month, so it happens once.
"""

from collections.abc import Sequence

import msgspec

from prepaid.domain import ids
from prepaid.domain.amounts import credit
from prepaid.domain.events.statement_ready import STATEMENT_READY, StatementReady
from prepaid.domain.instants import Instant, iso_millis
from prepaid.domain.statements import money, months
from prepaid.domain.statements.months import Month
from prepaid.domain.statements.statement import Statement
from prepaid.store.accounts import AccountRow
from prepaid.store.deliveries import mails, messages
from prepaid.store.deliveries.mails import NewMail
from prepaid.store.vault import Connection

_encode = msgspec.json.Encoder(decimal_format="number").encode


def announce(
    connection: Connection,
    row: AccountRow,
    month: Month,
    final: Sequence[Statement],
    *,
    fired_at: Instant,
    at: Instant,
) -> None:
    """Record the event and the mails; `fired_at` is the account's clock, `at` the real one."""
    payload = _encode(
        StatementReady(
            type=STATEMENT_READY,
            version="1",
            account_id=ids.account(row.id),
            month=months.text(month),
            statement_count=len(final),
            total_credits=credit(sum(one.micros for one in final)),
            total=money.major(sum(one.total for one in final), row.currency),
            currency=row.currency,
            fired_at=iso_millis(fired_at),
        )
    )
    messages.add(connection, row.id, STATEMENT_READY, payload, at=at)
    key = f"statement_ready:{ids.account(row.id)}:{months.text(month)}"
    mails.add_all(connection, [NewMail(row.id, key, STATEMENT_READY, payload)], at)
