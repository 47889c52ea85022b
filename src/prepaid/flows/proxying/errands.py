"""What a proxied request asks for, and what a flow makes of the upstream's answer.

An errand knows one shape of request: plain, or of the company routes. It prices the request, says
what goes to the upstream, and reads the answer. It never touches credit itself.
"""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from prepaid.domain.ids import AccountId
from prepaid.domain.instants import Instant
from prepaid.domain.proxied import Fingerprint, GroupLine, Mark, Writing
from prepaid.domain.routing.answers import RequestWorkspace, Verdict
from prepaid.domain.routing.routes import Match, Upstream
from prepaid.domain.routing.templates import Asked
from prepaid.flows.proxying.upstreams import Headers, Heard, Outgoing

DEFAULT = "default"


class Asking(Struct, frozen=True, kw_only=True):
    """One request as it came through the door."""

    match: Match
    path: str  # percent-encoded
    query: str
    headers: Headers
    body: bytes
    asked: Asked
    account: AccountId
    api_key: int  # number of the key it was asked with
    workspace: str
    key: str | None


class Reply(Struct, frozen=True, kw_only=True):
    """What the caller is answered."""

    status: int
    headers: Headers
    body: bytes
    request: str | None = None  # the id of what is kept
    replayed: bool = False


class Judged(Struct, frozen=True, kw_only=True):
    """What an answer means: by line, and what is written once the costs are known."""

    verdicts: tuple[Verdict, ...]
    paper: Writing  # of the costs of all lines
    news: tuple[Mark, ...] | None = None  # what the event tells; None: not known, so it is told


class Begun(Struct, frozen=True, kw_only=True):
    """What was reserved for an errand."""

    request: str
    workspace: RequestWorkspace
    charges: tuple[int, ...]
    now: Instant  # real clock
    claim: bytes | None = None  # there when the request is kept: only its holder may end it


class Errand(Protocol):
    """One shape of request."""

    lines: tuple[GroupLine, ...]
    is_kept: bool  # its answer can be asked for later

    @property
    def asked(self) -> Fingerprint:
        """What another request with its key must be equal in."""

    def outgoing(self) -> tuple[Outgoing, bytes] | None:
        """What the upstream is asked; None when there is nothing to ask."""

    def judge(self, heard: Heard | None, begun: Begun) -> Judged:
        """What the answer means; None: nothing was asked.

        Raises:
            UpstreamFailed: it cannot be used; nothing is billed.
        """


class Ways(Struct, frozen=True):
    """Where upstreams are."""

    upstreams: Mapping[str, Upstream]
    addresses: Mapping[str, str]  # by upstream's name, no slash at the end

    def url(self, name: str, path: str, query: str) -> str:
        """The address of a path at an upstream."""
        return self.addresses[name] + path + (f"?{query}" if query else "")
