"""What is logged when something breaks: enough to find it, and nothing that opens a door."""

from structlog.testing import capture_logs

from prepaid.flows import signing_in
from prepaid.store.vault import Connection
from tests.kit import pages
from tests.kit.door import OPERATOR, Door


async def break_off(door: Door, table: str) -> None:
    """From now on whatever needs this table is our fault."""

    def work(connection: Connection) -> None:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_away")

    await door.shop.desk.vault.write(work)


async def test_a_link_that_could_not_be_used_stays_a_secret(lite: Door) -> None:
    """It is not used up by a failure, so whoever reads the log could sign in by it."""
    token = await signing_in.make_operator_link(lite.shop.desk)
    link = f"/operator/sign-in/{token}"
    async with pages.nobody(lite) as client:
        form = pages.token_in((await client.get(link)).text)
        await break_off(lite, "session")
        with capture_logs() as logged:
            answer = await client.post(link, data={"csrf_token": form})

    assert answer.status_code == 500
    assert [line["path"] for line in logged] == ["/operator/sign-in/{token}"]
    assert token not in str(logged)
    assert await signing_in.link_works(lite.shop.desk, token)


async def test_a_fault_is_logged_without_the_key_that_met_it(lite: Door) -> None:
    ada = await lite.customer()
    await break_off(lite, "workspace")
    with capture_logs() as logged:
        answer = await ada.ask("GET", "/v2/workspaces")
        other = await lite.client.get(ada.place + "/workspaces", headers=OPERATOR)

    assert (answer.status_code, other.status_code) == (500, 500)
    assert [line["event"] for line in logged] == ["request failed"] * 2
    for secret in (ada.key, *OPERATOR.values()):
        assert secret not in str(logged)
