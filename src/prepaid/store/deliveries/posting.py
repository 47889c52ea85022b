"""The note that a transaction leaves something to be sent, so that senders wake at its commit."""

from sqlalchemy import Connection

_MARK = "prepaid_posted"


def mark(connection: Connection) -> None:
    """This transaction records something to be sent."""
    connection.info[_MARK] = True


def taken(connection: Connection) -> bool:
    """Whether it was marked; taken off. A rolled-back mark wakes a sender in vain, no more."""
    return bool(connection.info.pop(_MARK, False))
