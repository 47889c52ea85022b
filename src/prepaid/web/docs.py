"""The API documentation as a page: made of the OpenAPI document, nothing loaded from elsewhere."""

import json
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from prepaid.web.endpoints import Endpoint

_templates = Environment(
    loader=PackageLoader("prepaid.web", "templates"), autoescape=select_autoescape()
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(document: dict[str, Any]) -> Endpoint:
    """The page's endpoint, rendered once."""
    schemas = document["components"]["schemas"]
    shown = {name: json.dumps(schema, indent=2) for name, schema in schemas.items()}
    html = _templates.get_template("docs.html").render(document=document, schemas=shown)

    async def show(_request: Request) -> Response:
        return HTMLResponse(html, headers={"content-security-policy": _POLICY})

    return show
