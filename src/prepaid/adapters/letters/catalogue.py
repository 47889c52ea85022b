"""Every letter there is, by what causes it: an event, or a kind of notice."""

import msgspec

from prepaid.adapters.letters.endpoint_disabled import EndpointDisabled
from prepaid.adapters.letters.endpoint_failing import EndpointFailing
from prepaid.adapters.letters.high_usage import HighUsage
from prepaid.adapters.letters.limit_reached import LimitReached
from prepaid.adapters.letters.low_balance import LowBalance
from prepaid.adapters.letters.mail_test import MailTest
from prepaid.adapters.letters.sign_in import SignIn
from prepaid.adapters.letters.statement_ready import StatementReady
from prepaid.adapters.letters.topup_cap import TopupCap
from prepaid.adapters.letters.topup_failed import TopupFailed
from prepaid.adapters.letters.topup_returned import (
    TopupDisputed,
    TopupDisputeWon,
    TopupRefunded,
    TopupRefundFailed,
)
from prepaid.adapters.letters.topup_succeeded import TopupSucceeded
from prepaid.adapters.letters.view import Letter
from prepaid.domain.accounts import Tag
from prepaid.domain.events.high_usage import HIGH_USAGE
from prepaid.domain.events.limit_reached import LIMIT_REACHED
from prepaid.domain.events.low_balance import LOW_BALANCE
from prepaid.domain.events.statement_ready import STATEMENT_READY
from prepaid.domain.events.topup_failed import TOPUP_FAILED
from prepaid.domain.events.topup_succeeded import TOPUP_SUCCEEDED

LETTERS: dict[str, type[Letter]] = {
    LOW_BALANCE: LowBalance,
    HIGH_USAGE: HighUsage,
    LIMIT_REACHED: LimitReached,
    TOPUP_SUCCEEDED: TopupSucceeded,
    TOPUP_FAILED: TopupFailed,
    STATEMENT_READY: StatementReady,
    "topup_cap": TopupCap,
    "topup_refunded": TopupRefunded,
    "topup_disputed": TopupDisputed,
    "topup_refund_failed": TopupRefundFailed,
    "topup_dispute_won": TopupDisputeWon,
    "endpoint_failing": EndpointFailing,
    "endpoint_disabled": EndpointDisabled,
    "sign_in": SignIn,
    "test": MailTest,
}


def read(kind: str, facts: bytes, workspace: Tag | None = None) -> Letter:
    """The letter for a cause.

    Args:
        kind: an event type, or a kind of notice.
        facts: JSON as it was kept: an event's payload, or a notice's strings.
        workspace: the names of the workspace that the facts' `workspaceId` means.

    Raises:
        KeyError: no letter is written for this kind.
        msgspec.ValidationError: the facts are not those of this kind.
    """
    # A notice's numbers are kept as strings.
    letter = msgspec.json.decode(facts, type=LETTERS[kind], strict=False)
    return msgspec.structs.replace(letter, names=workspace)
