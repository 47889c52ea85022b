"""Makes the workspaces that a request log names and the account does not have."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from prepaid.commands.api import Api, Refused, in_path
from prepaid.commands.usage_lines import Item
from prepaid.web.workspaces import WorkspaceShape

CONFLICT = 409
WRONG = 400


class _Named(Struct):
    workspace: str | None = None


class Workspaces:
    """Creates workspaces by the operator's route."""

    def __init__(self, api: Api, account: str) -> None:
        self._api = api
        self._path = f"/v2/operator/accounts/{in_path(account)}/workspaces"
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
        for name in sorted(missing):
            self._known[name] = await self._create(name)
        return [item for item, name in named if name is not None and self._known[name]]

    async def _create(self, name: str) -> bool:
        try:
            body = {"name": name, "legalName": name}
            await self._api.ask("POST", self._path, WorkspaceShape, body=body)
        except Refused as refused:
            if refused.status == CONFLICT:  # somebody else has made it meanwhile
                return True
            if refused.status == WRONG:  # no name for a workspace: the line stays refused
                return False
            raise
        self.made += 1
        return True
