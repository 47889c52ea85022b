"""The operator's route for people: a link to sign in, for where no mail is sent."""

from typing import Annotated

from msgspec import Meta

from prepaid.domain.people import LINK_LASTS
from prepaid.flows import signing_in
from prepaid.web.routing import Answer, Call, Route
from prepaid.web.shapes import Body, Shape


class LinkBody(Body, frozen=True, kw_only=True):
    """Whom the link signs in: an admin's mail address, or null for the operator."""

    email: Annotated[str, Meta(max_length=signing_in.EMAIL_MAX)] | None


class LinkShape(Shape, frozen=True, kw_only=True):
    """A link that works once; the one made before it for the same person ends."""

    path: str
    expires_in_seconds: int


async def make_link(call: Call) -> Answer:
    """A link to hand over."""
    body: LinkBody = call.body
    if body.email is None:
        path = "/operator/sign-in/" + await signing_in.make_operator_link(call.desk)
    else:
        path = "/dashboard/sign-in/" + await signing_in.make_link(call.desk, body.email)
    return Answer(LinkShape(path=path, expires_in_seconds=LINK_LASTS // 1_000_000), 201)


ROUTES = [
    Route(
        "POST",
        "/v2/operator/sign-in-links",
        make_link,
        "Make a link to the dashboard",
        body=LinkBody,
        answer=LinkShape,
        status=201,
    ),
]
