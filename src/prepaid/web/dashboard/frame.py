"""What every page is handed: the desk, the templates, the cookies. Made once per process."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from prepaid.domain import ids
from prepaid.domain.routing.routes import Shape
from prepaid.flows.desk import Desk
from prepaid.flows.metering import KeyRing
from prepaid.web.dashboard.cookies import Cookies
from prepaid.web.dashboard.guards import Gate
from prepaid.web.dashboard.reveals import Reveals
from prepaid.web.dashboard.shown import FILTERS
from prepaid.web.dashboard.statics import Statics

MODULES = {"ui": "_parts.html", "fields": "_fields.html", "icons": "_icons.html"}


class Calls(NamedTuple):
    """How the customers of this installation call what they pay for."""

    workspace_header: str = "x-topograph-workspace-id"
    method: str = ""  # of a paid route that we pass on; empty: there is none
    path: str = ""
    shape: Shape = "plain"  # what its body is


@dataclass(frozen=True)
class Frame:
    """The parts that pages are made with."""

    desk: Desk
    ring: KeyRing
    operator_key: bytes
    public_url: str
    cookies: Cookies
    reveals: Reveals
    statics: Statics
    templates: Environment
    paths: frozenset[str]  # of the pages there are
    calls: Calls
    gate: Gate = field(default_factory=Gate)  # of those who sign in


def frame(
    desk: Desk,
    ring: KeyRing,
    *,
    operator_key: bytes,
    public_url: str,
    cookie_keys: Sequence[bytes],
    paths: Collection[str],
    calls: Calls,
) -> Frame:
    """The frame of a process."""
    statics, is_secure = Statics(), public_url.startswith("https:")
    return Frame(
        desk,
        ring,
        operator_key,
        public_url,
        Cookies(cookie_keys, is_secure=is_secure),
        Reveals(cookie_keys, is_secure=is_secure),
        statics,
        environment(statics),
        frozenset(paths),
        calls,
    )


def environment(statics: Statics) -> Environment:
    """The templates: everything is escaped, an unknown name is an error of ours."""
    made = Environment(
        loader=PackageLoader("prepaid.web.dashboard", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    made.globals.update(static=statics.url, ids=ids)
    for name, template in MODULES.items():
        made.globals[name] = made.get_template(template).module
    return made
