"""Static files under names made from what is in them, so that browsers may keep them for good."""

import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

FOLDER = Path(__file__).parent / "static"
PREFIX = "/dashboard/static"
HASH_DIGITS = 12
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class File(NamedTuple):
    """A file as it is sent."""

    kind: str
    plain: bytes
    packed: bytes


class Statics:
    """Every file of the folder, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files: dict[str, File] = {}
        self._names: dict[str, str] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix in KINDS:
                name = path.relative_to(folder).as_posix()
                data = path.read_bytes()
                digest = hashlib.sha256(data).hexdigest()[:HASH_DIGITS]
                hashed = f"{name.removesuffix(path.suffix)}.{digest}{path.suffix}"
                self._names[name] = hashed
                self._files[hashed] = File(KINDS[path.suffix], data, gzip.compress(data, mtime=0))

    def url(self, name: str) -> str:
        """Where a file is found."""
        return f"{PREFIX}/{self._names[name]}"

    async def send(self, request: Request) -> Response:
        """The file of a hashed name."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            return PlainTextResponse("there is no such file", 404)
        is_packed = "gzip" in request.headers.get("accept-encoding", "")
        headers = {
            "cache-control": "public, max-age=31536000, immutable",
            "x-content-type-options": "nosniff",
            "vary": "accept-encoding",
        }
        if is_packed:
            headers["content-encoding"] = "gzip"
        body = file.packed if is_packed else file.plain
        return Response(body, headers=headers, media_type=file.kind)
