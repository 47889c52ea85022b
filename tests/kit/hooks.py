"""Webhook endpoints of a customer, and what is sent to them, for tests of pages."""

from typing import Any

from prepaid.adapters.post_rooms import letter_room
from prepaid.domain import ids
from prepaid.flows.deliveries.delivery import Deliverer, deliver_all
from prepaid.flows.deliveries.mails import Postman
from prepaid.flows.deliveries.secrets import headers_of
from prepaid.sandbox.mailbox import Mailbox
from prepaid.store.deliveries import endpoints as stored
from tests.deliveries.office import Reply, Scripted, mail_all
from tests.kit.door import Customer, Door

URL = "https://example.com/hooks"
ALL = "/v2/webhooks/endpoints"


async def listed(who: Customer) -> Any:
    """The endpoints, as the API tells them."""
    return (await who.ask("GET", ALL)).json()["data"]


async def made(who: Customer, **fields: object) -> Any:
    """An endpoint, made by the API."""
    answer = await who.ask("POST", ALL, json={"url": URL} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def secret_of(who: Customer, endpoint: str) -> Any:
    """What signs, as the API tells it."""
    return (await who.ask("GET", f"{ALL}/{endpoint}/secret")).json()


async def send_example(who: Customer, endpoint: str, event: str = "company.updated") -> str:
    """An example on its way, asked for by the API; its message."""
    answer = await who.ask("POST", f"{ALL}/{endpoint}/send-example", json={"eventType": event})
    assert answer.status_code == 202, answer.text
    message: str = answer.json()["messageId"]
    return message


async def deliver(door: Door, *answers: Reply) -> Scripted:
    """Send the webhooks that are due, to a receiver that answers so."""
    sender = Scripted(list(answers))
    deliverer = Deliverer(door.shop.desk, sender)
    await deliver_all(deliverer)
    await deliverer.stop()
    return sender


async def mail(door: Door) -> Mailbox:
    """Send the mail that is due."""
    box = Mailbox()
    postman = Postman(door.shop.desk, box, letter_room("a@prepaid.example", "http://shop.test"))
    await mail_all(postman)
    await postman.stop()
    return box


async def kept_headers(door: Door, endpoint: str) -> dict[str, str]:
    """The endpoint's own headers, as they are sent."""
    place = ids.parse_owned("ep", endpoint)
    assert place is not None
    row = await door.shop.desk.vault.read(lambda c: stored.get(c, *place))
    assert row is not None
    return headers_of(door.shop.desk.seals, (place.account, place.number), row.headers)
