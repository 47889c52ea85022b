"""A served installation, and the people in it, each test with an account of its own."""

import itertools
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.kit.server import served
from tests.kit.shop import OPERATOR_KEY

WAIT_S = 30


@dataclass(frozen=True)
class Ada:
    """An account with credit, and a key to it."""

    house: "House"
    id: str
    email: str
    key: str

    @property
    def place(self) -> str:
        """Where her pages are."""
        return f"/dashboard/{self.id}"

    async def ask(self, method: str, path: str, json: object = None) -> Any:
        """A request with her key."""
        return await self.house.ask(method, path, json, {"x-api-key": self.key})

    async def charge(self, credits: float, workspace: str | None = "default") -> Any:
        """Charge a request to her, as the operator does."""
        body = {
            "accountId": self.id,
            "workspace": workspace,
            "sku": "fra-company-data",
            "credits": credits,
            "settle": True,
        }
        return await self.house.operator("POST", "/v2/operator/charges", body)


@dataclass
class House:
    """A running service."""

    url: str
    operator_key: str = OPERATOR_KEY
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def ask(self, method: str, path: str, json: object, headers: dict[str, str]) -> Any:
        """A request that must succeed; its answer as JSON."""
        async with httpx.AsyncClient(base_url=self.url, timeout=WAIT_S) as client:
            answer = await client.request(method, path, json=json, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def operator(self, method: str, path: str, json: object = None) -> Any:
        """A request of the operator's program."""
        key = secrets.token_hex(8)
        headers = {"x-operator-key": self.operator_key, "idempotency-key": key}
        return await self.ask(method, path, json, headers)

    async def link(self, email: str | None) -> str:
        """The path of a link that signs an admin in, or the operator."""
        made = await self.operator("POST", "/v2/operator/sign-in-links", {"email": email})
        path: str = made["path"]
        return path

    async def ada(self, name: str = "Ada & Sons", credits: int = 1_000) -> Ada:
        """A new sandbox account."""
        email = f"ada{next(self.numbers)}@example.com"
        account = await self.operator(
            "POST",
            "/v2/operator/accounts",
            {"name": name, "admins": [email], "currency": "EUR", "sandbox": True},
        )
        place = f"/v2/operator/accounts/{account['id']}"
        await self.operator(
            "POST", f"{place}/credits", {"cents": credits * 100, "reason": "Welcome"}
        )
        key = await self.operator("POST", f"{place}/keys", {"name": "first"})
        return Ada(self, account["id"], email, key["key"])


def free_port() -> int:
    """A port that nobody listens on; the links in mails need it before the start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def opened(template: Path, folder: Path) -> Iterator[House]:
    """The service on a copy of a migrated file."""
    path = folder / "prepaid.db"
    shutil.copyfile(template, path)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with served(
        f"sqlite:///{path}",
        PREPAID_PORT=str(port),
        PREPAID_PUBLIC_URL=url,
        PREPAID_SMTP_URL="sandbox",
        PREPAID_PAYMENTS="sandbox",
        PREPAID_WEBHOOK_ALLOW_HTTP="true",
        PREPAID_WEBHOOK_ALLOWED_CIDRS="127.0.0.1",
    ):
        yield House(url)
