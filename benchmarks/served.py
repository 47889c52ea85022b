"""The service beside a fixed no-op, in one process on one loop, for comparison.

The no-op is a plain Starlette route that decodes the same body and sends an answer of the same
size: what a well-written endpoint costs when it does nothing. It is asked by the same client with
the same headers, and no middleware of ours stands before it.
"""

import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from prepaid import assembly
from prepaid.settings import load
from prepaid.store.migrate import upgrade
from prepaid.web.app import FrontDoor
from prepaid.web.charge_shapes import ChargeBody
from prepaid.web.hot_wire import HotProtocol
from prepaid.web.parsing import decode

ANSWER = b'{"id":"' + b"x" * 340 + b'"}'


async def noop(request: Request) -> Response:
    body = decode(await request.body(), ChargeBody)
    assert body.sku
    return Response(ANSWER, 201, media_type="application/json")


class Both(FrontDoor):
    """The front door, with the no-op before it."""

    plain = Starlette(routes=[Route("/noop", noop, methods=["POST"])])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/noop":
            await self.plain(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def main() -> None:
    settings = load()
    upgrade(settings.database_url)
    service = assembly.serving(settings)
    service.__class__ = Both
    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        service, http=HotProtocol, lifespan="on", log_config=None, server_header=False
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
