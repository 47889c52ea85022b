"""What a route reads of a request; and that an upstream cannot read it as another request.

A request that says a thing twice could be priced by the one and served by the other.
"""

import json
from collections.abc import Sequence
from hashlib import sha256

from prepaid.domain.refusals import invalid
from prepaid.domain.routing.json_trees import Json
from prepaid.domain.routing.routes import Match, Route
from prepaid.domain.routing.templates import Asked

Pairs = Sequence[tuple[str, str]]


def asked_of(match: Match, query: Pairs, headers: Pairs, body: Json) -> Asked:
    """What the request says.

    Raises:
        Refusal: 400 naming a query parameter or header that is read and was sent twice.
    """
    for field in match.route.reads:
        if field.source in {"query", "header"}:
            pairs = query if field.source == "query" else headers
            if [name for name, _ in pairs].count(field.path[0]) > 1:
                raise invalid(field.name, "must be given once")
    return Asked(
        path=match.params,
        query=dict(reversed(query)),
        headers=dict(reversed(headers)),
        body=body,
    )


def check_names_once(data: bytes) -> None:
    """No object of a JSON body has two members of one name.

    Raises:
        Refusal: 400 naming the member.
    """
    try:
        json.loads(data, object_pairs_hook=_object)
    except (ValueError, RecursionError):  # no JSON: nothing can be read from it
        return


def header_words(route: Route, asked: Asked) -> str:
    """The headers that are read, as one text."""
    names = sorted({f.path[0] for f in route.reads if f.source == "header"})
    return json.dumps([[name, asked.headers.get(name)] for name in names])


def digest(data: bytes | str) -> str:
    """A short text that is equal when the data is."""
    return sha256(data.encode() if isinstance(data, str) else data).hexdigest()[:32]


def _object(members: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(members)
    if len(found) != len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise invalid(twice[:100], "must stand once in its object")
    return found
