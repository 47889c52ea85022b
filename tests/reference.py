"""The reference's schemas of the company and pricing routes, with the country TEST added."""

import json
from pathlib import Path

import jsonschema

_PATH = Path(__file__).parent / "data" / "reference-openapi.json"


def check(body: bytes, name: str) -> None:
    """A body is what the reference says, and nothing in it is unknown to the reference.

    Raises:
        jsonschema.ValidationError: it is not.
    """
    components = json.loads(_PATH.read_text("utf-8"))["components"]
    for schema in components["schemas"].values():
        code = schema["properties"].get("countryCode")
        if code is not None:
            code["enum"].append("TEST")
        if schema["properties"]:
            schema["additionalProperties"] = False
    root = {"$ref": f"#/components/schemas/{name}", "components": components}
    jsonschema.Draft202012Validator(root).validate(json.loads(body))
