"""How the installation fares, for its operator: queues, endpoints that fail, a quick recount."""

from msgspec import Struct

from prepaid.domain.instants import Instant
from prepaid.flows.deliveries.post_room import late
from prepaid.flows.desk import Desk
from prepaid.store import system_health
from prepaid.store.system_health import Drifting, Failing
from prepaid.store.vault import Connection

COUNTED_MAX = 1_000  # beyond that a number only says "many"
LISTED_MAX = 50
RECOUNTED_MAX = 5_000


class SystemHealth(Struct, frozen=True):
    """What is waiting and what is wrong. Counts stop at 1 000."""

    database: str  # sqlite or postgresql
    at: Instant
    commands_waiting: int  # in this process's writers
    webhooks_due: int
    mails_due: int  # 0 where no mail is sent
    late_s: float  # how long the oldest due webhook or mail has waited
    holds_due: int  # accounts
    topups_open: int
    topups_unknown: int  # the provider's answer was lost and is looked for
    failing: list[Failing]  # at most 50
    recounted: int  # accounts whose balance was laid beside their newest ledger entry
    drifting: list[Drifting]


async def look(desk: Desk) -> SystemHealth:
    """How things stand now.

    The recount looks at the end of each ledger only; `prepaid doctor` recounts everything.

    Raises:
        Unavailable: the database does not answer.
    """
    late_s = await late(desk, has_mail=desk.sends_mail)

    def work(connection: Connection) -> SystemHealth:
        now = desk.vault.clock(connection)
        mails = system_health.mails_due(connection, now, COUNTED_MAX) if desk.sends_mail else 0
        running = system_health.topups(connection)
        return SystemHealth(
            database=connection.dialect.name,
            at=now,
            commands_waiting=sum(writer.depth for writer in desk.vault.writers),
            webhooks_due=system_health.webhooks_due(connection, now, COUNTED_MAX),
            mails_due=mails,
            late_s=late_s,
            holds_due=system_health.holds_due(connection, now, COUNTED_MAX),
            topups_open=running.get("open", 0),
            topups_unknown=running.get("unknown", 0),
            failing=system_health.failing(connection, LISTED_MAX),
            recounted=system_health.accounts(connection, RECOUNTED_MAX),
            drifting=system_health.drifting(connection, RECOUNTED_MAX),
        )

    return await desk.vault.read(work)
