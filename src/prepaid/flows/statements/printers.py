"""What sets statements on paper, as flows need it."""

from typing import Protocol

from prepaid.domain.statements.settings import Logo
from prepaid.domain.statements.statement import Statement


class BadLogo(Exception):
    """The picture cannot be printed; the message says why."""


class Printer(Protocol):
    """Sets statements as PDF; the same bytes for the same statement."""

    async def pdf(self, statement: Statement, logo: Logo | None) -> bytes:
        """An A4 document. A statement without a number is marked as a draft."""

    async def check_logo(self, logo: Logo) -> None:
        """Try whether a picture can be printed.

        Raises:
            BadLogo: it cannot.
        """


class NoPrinter:
    """Where nothing is printed."""

    async def pdf(self, statement: Statement, logo: Logo | None) -> bytes:
        """Never asked for."""
        raise NotImplementedError

    async def check_logo(self, logo: Logo) -> None:
        """Never asked for."""
        raise NotImplementedError
