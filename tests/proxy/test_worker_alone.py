"""`prepaid worker` follows what servers have begun, with none of them beside it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prepaid.domain.amounts import CREDIT
from tests.kit.proxied import SHIPPED, Buyer, ProxyShop, hurry, proxy_shop
from tests.kit.shop import OPERATOR_KEY, SECRET_KEY, opened
from tests.kit.upstream import Upstream, fine
from tests.proxy.conftest import ROUTES
from tests.proxy.later import begun, statuses

PATIENCE_S = 60


@contextmanager
def worker(url: str, routes: Path) -> Iterator[None]:
    """A real `prepaid worker`, and no `prepaid serve`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "prepaid", "worker"],
        env=os.environ
        | {
            "PREPAID_DATABASE_URL": url,
            "PREPAID_OPERATOR_KEY": OPERATOR_KEY,
            "PREPAID_SECRET_KEY": SECRET_KEY,
            "PREPAID_ROUTES": str(routes),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("Working")
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()
        process.communicate()


async def settled(there: ProxyShop, ada: Buyer) -> bool:
    """Every charge has ended, before patience has."""
    deadline = time.monotonic() + PATIENCE_S
    while "held" in await statuses(there, ada):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.1)
    return True


async def test_a_worker_alone_follows(
    migrated_postgres_url: str, far: Upstream, tmp_path: Path
) -> None:
    routes = tmp_path / "routes.toml"
    routes.write_text(ROUTES.format(url=far.url), "utf-8")
    async with opened(migrated_postgres_url) as shop, proxy_shop(shop, routes.read_text()) as there:
        ada = await begun(there, far)
        far.behaviour = fine
        await hurry(shop.desk.vault)
        with worker(migrated_postgres_url, routes):
            assert await settled(there, ada)

        assert await ada.micros() == 8 * CREDIT
        assert [one.method for one in far.asked] == ["POST", "GET"]


async def test_workers_beside_each_other_poll_a_register_of_their_own(
    migrated_postgres_url: str, tmp_path: Path
) -> None:
    """The register that ships stands in each process; what one was asked, the others can tell."""
    routes = tmp_path / "routes.toml"
    routes.write_text(SHIPPED.replace("every_seconds = 5", "every_seconds = 0.1"), "utf-8")
    async with opened(migrated_postgres_url) as shop, proxy_shop(shop, routes.read_text()) as there:
        ada = await there.customer(10)
        await ada.company("PENDING", "company", "shareholders")
        url = migrated_postgres_url
        with worker(url, routes), worker(url, routes):
            assert await settled(there, ada)

        assert await statuses(there, ada) == ["settled", "settled"]
        assert await ada.micros() == 10 * CREDIT - CREDIT - CREDIT // 2
