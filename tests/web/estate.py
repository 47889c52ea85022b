"""An account that has one of everything, and all there is to see of it."""

from dataclasses import asdict, dataclass
from typing import Any

from prepaid.web.routing import Route
from tests.kit.door import OPERATOR, Customer, Door
from tests.web.examples import (
    ALERTS,
    BILLING,
    CARD,
    EXAMPLES,
    HOOK,
    HOOKS,
    SENT,
    STATEMENTS,
    TOPUP,
    TOPUP_KEY,
    Example,
    name_of,
    routes,
)


@dataclass(frozen=True)
class Facts:
    """Names of an estate's things."""

    account: str
    secret: str  # the API key
    key: str  # its id
    workspace: str
    held: str
    settled: str
    entry: str
    notification: str
    topup: str
    endpoint: str
    message: str
    statement: str


@dataclass(frozen=True)
class Estate:
    """An account with one of everything."""

    ada: Customer
    facts: Facts

    @property
    def secrets(self) -> list[str]:
        """What nobody else may ever be shown."""
        digits = self.ada.id.removeprefix("acc_")
        return [digits, legal_name(self.facts.workspace), self.facts.secret]

    def example(self, route: Route) -> Example:
        """The route's right request."""
        example = EXAMPLES[name_of(route)]
        return Example(self._filled(example.path), self._filled(example.body), example.key)

    def _filled(self, part: Any) -> Any:
        if isinstance(part, dict):
            return {name: self._filled(value) for name, value in part.items()}
        if isinstance(part, list):
            return [self._filled(value) for value in part]
        return part.format(**asdict(self.facts)) if isinstance(part, str) else part


def legal_name(workspace: str) -> str:
    """Of the workspace of an estate."""
    return f"{workspace} GmbH"


async def estate(door: Door, workspace: str = "acme-secret") -> Estate:
    """A new account with one of everything."""
    ada = await door.customer()
    await ada.workspace(workspace, legal_name(workspace))
    await ada.ask("PATCH", ALERTS + "/config", json={"lowBalanceEnabled": True})
    held = await door.charge(ada, workspace=workspace)
    settled = await door.charge(ada, workspace=workspace, settle=True)
    await ada.ask("PUT", BILLING + "/payment-method", json=CARD)
    keyed = {"x-api-key": ada.key, "idempotency-key": TOPUP_KEY}
    topup = await door.client.post(BILLING + "/topups", headers=keyed, json=TOPUP)
    endpoint = (await ada.ask("POST", HOOKS + "/endpoints", json={"url": HOOK})).json()["id"]
    sent = await ada.ask("POST", f"{HOOKS}/endpoints/{endpoint}/send-example", json=SENT)
    keys = (await door.operator("GET", ada.place + "/keys")).json()["data"]
    ledger = (await ada.ask("GET", BILLING + "/ledger")).json()["data"]
    recent = (await ada.ask("GET", ALERTS + "/recent")).json()
    month = (await ada.ask("GET", STATEMENTS + "/months")).json()[0]["month"]
    statements = await ada.ask("GET", STATEMENTS, params={"month": month})
    facts = Facts(
        account=ada.id,
        secret=ada.key,
        key=keys[0]["id"],
        workspace=workspace,
        held=held.json()["id"],
        settled=settled.json()["id"],
        entry=ledger[0]["id"],
        notification=recent[0]["id"],
        topup=topup.json()["id"],
        endpoint=endpoint,
        message=sent.json()["messageId"],
        statement=statements.json()["data"][0]["id"],
    )
    return Estate(ada, facts)


async def snapshot(door: Door, place: Estate) -> list[Any]:
    """Everything there is to see of an account, as it and the operator see it."""
    ada = await door.with_key(place.ada, "read")
    keys = OPERATOR | {"x-api-key": ada.key}
    seen = []
    for route in routes("operator", "account"):
        is_seen = route.needed_scope == "read" or route.who == "operator"
        if route.method == "GET" and is_seen and route.answer is not bytes:
            answer = await door.client.get(place.example(route).path, headers=keys)
            assert answer.status_code == 200, (route.path, answer.text)
            seen.append(_lasting(answer.json()))
    return seen


def _lasting(part: Any) -> Any:
    """Without what a snapshot changes itself: it makes a key to look with, and time goes on."""
    if isinstance(part, list):
        return [_lasting(one) for one in part if not _is_reading_key(one)]
    if isinstance(part, dict):
        return {k: _lasting(v) for k, v in part.items() if k not in ("updatedAt", "now")}
    return part


def _is_reading_key(part: object) -> bool:
    return isinstance(part, dict) and part.get("scopes") == ["read"]
