"""Makes the workspaces that a request log names and the account does not have."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from prepaid.commands.api import Api, Refused, in_path
from prepaid.commands.usage_lines import Item
from prepaid.web.account_shapes import NewKeyShape
from prepaid.web.auth import API_HEADER
from prepaid.web.shapes import Ok
from prepaid.web.workspaces import WorkspaceShape

KEY_NAME = "prepaid usage import"
CONFLICT = 409
WRONG = 400


class _Named(Struct):
    workspace: str | None = None


class Workspaces:
    """Creates workspaces as the account itself would, with a key that lives for one call."""

    def __init__(self, api: Api, account: str) -> None:
        self._api = api
        self._keys = f"/v2/operator/accounts/{in_path(account)}/keys"
        self._known: dict[str, bool] = {}  # by name: whether it exists now
        self.made = 0

    async def make(self, items: Sequence[Item]) -> list[Item]:
        """Make the workspaces of some lines; the lines whose workspace exists now.

        A workspace's legal name is its name.

        Raises:
            Stopped: workspaces cannot be made at all.
        """
        named = [(item, msgspec.json.decode(item.body, type=_Named).workspace) for item in items]
        missing = {name for _, name in named if name is not None and name not in self._known}
        if missing:
            body = {"name": KEY_NAME, "scopes": ["full"]}
            key = await self._api.ask("POST", self._keys, NewKeyShape, body=body)
            try:
                for name in sorted(missing):
                    self._known[name] = await self._create(name, key.key)
            finally:
                await self._api.ask("DELETE", f"{self._keys}/{key.id}", Ok)
        return [item for item, name in named if name is not None and self._known[name]]

    async def _create(self, name: str, key: str) -> bool:
        try:
            await self._api.ask(
                "POST",
                "/v2/workspaces",
                WorkspaceShape,
                body={"name": name, "legalName": name},
                headers={API_HEADER: key},
            )
        except Refused as refused:
            if refused.status == CONFLICT:  # somebody else has made it meanwhile
                return True
            if refused.status == WRONG:  # no name for a workspace: the line stays refused
                return False
            raise
        self.made += 1
        return True
