"""Which headers travel through the proxy, and which end at it."""

from collections.abc import Iterable, Mapping

Pairs = tuple[tuple[str, str], ...]

#: Of one connection, not of the message (RFC 9110, 7.6.1).
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
#: Who the caller is with us: an upstream is told who we are instead. A key of the caller's is
#: unique among the caller's only, so an upstream that knows just us must not see it.
CALLERS_OWN = frozenset(
    {"authorization", "cookie", "x-api-key", "x-operator-key", "idempotency-key"}
)
REMADE = frozenset({"host", "expect"})
#: What an upstream says of itself, its cookies, since the next caller is somebody else, and names
#: by which we tell something.
UPSTREAMS_OWN = frozenset(
    {"server", "date", "set-cookie", "x-request-id", "idempotent-replayed", "proxied-request-id"}
)

_ONWARD = HOP_BY_HOP | CALLERS_OWN | REMADE
# A buffered answer is read, and a compressed one may be larger than anybody expects.
_ONWARD_BUFFERED = _ONWARD | {"accept-encoding", "content-length"}
_BACK = HOP_BY_HOP | UPSTREAMS_OWN
_BACK_BUFFERED = _BACK | {"content-length", "etag", "content-md5", "digest", "content-digest"}


def onward(asked: Iterable[tuple[str, str]], own: Mapping[str, str], *, buffered: bool) -> Pairs:
    """The headers of a request as its upstream gets them; `own` are the seller's."""
    pairs = list(asked)
    dropped = _ONWARD_BUFFERED if buffered else _ONWARD
    hop = named_by_connection(pairs)
    if hop or own:
        dropped = dropped | hop | own.keys()
    kept = [pair for pair in pairs if pair[0].lower() not in dropped]
    if buffered and "accept-encoding" not in own:
        kept.append(("accept-encoding", "identity"))
    return (*kept, *own.items())


def back(told: Iterable[tuple[str, str]], *, buffered: bool) -> Pairs:
    """The headers of an answer as the caller gets them; the length of a buffered one is new."""
    pairs = [(name.lower(), value) for name, value in told]
    dropped = _BACK_BUFFERED if buffered else _BACK
    hop = named_by_connection(pairs)
    if hop:
        dropped |= hop
    return tuple(pair for pair in pairs if pair[0] not in dropped)


def named_by_connection(pairs: Iterable[tuple[str, str]]) -> set[str]:
    """The headers that a Connection header says are of this connection only."""
    return {
        word.strip().lower()
        for name, value in pairs
        if name.lower() == "connection"
        for word in value.split(",")
    }
