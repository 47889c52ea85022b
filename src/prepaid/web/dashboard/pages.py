"""Pages are data, as routes are: what is asked, by whom, and which function shows it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from prepaid.domain import ids
from prepaid.domain.ids import AccountId, Owned
from prepaid.domain.instants import SECOND, Instant
from prepaid.domain.refusals import Refusal
from prepaid.flows import audit
from prepaid.flows.desk import Desk
from prepaid.flows.signing_in import AccountSummary, Session
from prepaid.web import errors, parsing
from prepaid.web.dashboard import cookies, forms, guards, navigation, reveals
from prepaid.web.dashboard.form_state import FormState
from prepaid.web.dashboard.frame import Frame

Who = Literal["admin", "operator", "anyone"]
T = TypeVar("T")
F = TypeVar("F", bound=Struct)

FLASH_LASTS_S = 60
SEE_OTHER = 303
TELLING_BYTES = 8


@dataclass(frozen=True)
class Visit:
    """One request of a browser: handlers see nothing of HTTP but this."""

    frame: Frame
    request: Request
    session: Session | None
    account: AccountId  # of the path; 0 on pages that are of none
    accounts: list[AccountSummary]  # that this person may choose among, on pages of an account
    secret: bytes  # what the tokens of this person's forms are made with
    sent: Mapping[str, str]  # the form, on a POST
    files: Mapping[str, bytes] = field(default_factory=dict)  # that came with it
    problem: Refusal | None = None  # why the form was refused, when its page is shown again

    @property
    def desk(self) -> Desk:
        """What flows are handed."""
        return self.frame.desk

    @property
    def path(self) -> dict[str, str]:
        """The parts of the path in braces."""
        return self.request.path_params

    def named(self, prefix: str, part: str, what: str) -> Owned:
        """What a part of the path names, if it is the account's.

        Raises:
            Refusal: `404 not_found`.
        """
        return parsing.own_id(self.account, prefix, self.path[part], what)

    @property
    def person(self) -> Session:
        """Who it is, on pages that are not for anyone."""
        assert self.session is not None, "the door has asked"
        return self.session

    @property
    def here(self) -> AccountSummary:
        """The account of the page."""
        return next(one for one in self.accounts if one.id == self.account)

    @property
    def ahead_s(self) -> int:
        """How far the test clock of the page's account is ahead of the real one."""
        return self.here.clock_offset // SECOND if self.account else 0

    @property
    def now(self) -> Instant:
        """The time of the page's account."""
        return self.desk.clock() + self.ahead_s * SECOND

    @property
    def ip(self) -> str:
        """The browser's address."""
        return self.request.client.host if self.request.client else ""

    @property
    def is_fragment(self) -> bool:
        """A part of a page is asked for, by htmx."""
        return "hx-request" in self.request.headers

    def url(self, path: str = "") -> str:
        """A path below the account's: `url("/billing")`."""
        return f"/dashboard/{ids.account(self.account)}{path}"

    def form(self, kind: type[F]) -> F:
        """The form as a value.

        Raises:
            Refusal: 400 naming the field; the door shows the form again.
        """
        return forms.typed(self.sent, kind)

    def query(self, kind: type[F]) -> F:
        """The query string as a value, by the same rules.

        Raises:
            Refusal: 400 naming the parameter.
        """
        sent = self.request.query_params.multi_items()
        own = [(name, text) for name, text in sent if name != reveals.PARAMETER]
        return forms.typed(forms.tidy(own), kind)

    def form_state(self, name: str, **labels: str) -> FormState:
        """A form of this page, to be shown; `labels` of fields that have another name."""
        is_sent = self.problem is not None and self.sent.get(forms.NAME) == name
        return FormState(
            id=name,
            token=guards.token(self.secret),
            sent=self.sent if is_sent else {},
            problem=self.problem if is_sent else None,
            labels=labels,
        )

    def show(self, template: str, status: int = 200, **values: object) -> Response:
        """A page, or a part of one. What was refused decides the status."""
        if self.problem is not None:
            status = errors.STATUSES[self.problem.code]
        flash = self.frame.cookies.read(self.request, cookies.FLASH)
        html = self.frame.templates.get_template(template).render(
            visit=self,
            form_state=self.form_state,
            navigation=navigation.of(self.frame.paths, self.request.url.path),
            flash=None if flash is None else flash.partition(":")[::2],
            theme=self.request.cookies.get(cookies.THEME, ""),
            **values,
        )
        response = HTMLResponse(html, status)
        if flash is not None and not self.is_fragment:
            self.frame.cookies.drop(response, cookies.FLASH)
        self.frame.reveals.drop(self.request, response)
        return response

    def go(self, path: str, flash: str = "", tone: Literal["good", "bad"] = "good") -> Response:
        """To another page, which says `flash` once."""
        response: Response = RedirectResponse(path, SEE_OTHER)
        if self.is_fragment:  # a redirect would be followed unseen, its page put into a part
            response = Response(headers={"hx-redirect": path})
        if flash:
            said = f"{tone}:{flash}"
            self.frame.cookies.write(response, cookies.FLASH, said, FLASH_LASTS_S)
        return response

    def go_and_tell(self, path: str, secret: object, anchor: str = "") -> Response:
        """To another page, which shows a secret once: fetched again, it has forgotten it."""
        to = reveals.To(path, self.desk.token(TELLING_BYTES).hex(), self.secret)
        response = self.go(f"{path}?{reveals.PARAMETER}={to.number}{anchor}")
        self.frame.reveals.write(response, to, msgspec.json.encode(secret), self._now_s)
        return response

    def told(self, kind: type[T]) -> T | None:
        """What this page was sent to tell once."""
        found = self.frame.reveals.read(self.request, self.secret, self._now_s)
        return None if found is None else msgspec.json.decode(found, type=kind)

    @property
    def _now_s(self) -> int:
        return self.desk.clock() // SECOND

    async def noted(
        self,
        change: Awaitable[T],
        action: str,
        subject: str = "",
        detail: str = "",
        account: AccountId | None = None,
    ) -> T:
        """Make a change with its line in the audit log: `noted(flow(…), "key revoked", hint)`.

        The log is that of the page's account; on the console, of `account`, else of the house.
        """
        return await audit.noted(self.desk, self._line(action, subject, detail, account), change)

    async def note(
        self, action: str, subject: str = "", detail: str = "", account: AccountId | None = None
    ) -> None:
        """A line in the audit log, of what has just happened; whose log, as in `noted`."""
        await audit.record(self.desk, self._line(action, subject, detail, account))

    def _line(
        self, action: str, subject: str, detail: str, account: AccountId | None
    ) -> audit.Line:
        whose = self.account if account is None else account
        return audit.line(self.person, whose, action, subject, detail, ip=self.ip)


Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True)
class Page:
    """One method and path. `{account}` in the path makes it a page of that account."""

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    who: Who = "admin"
    again: Handler | None = None  # shows the form of a POST that was refused
    takes_file: bool = False  # with its form
