"""Forms that bring a file with them. All of it is in memory, no larger than a body may be."""

from collections.abc import AsyncGenerator

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from prepaid.domain.refusals import invalid

KIND = "multipart/form-data"
FILES_MAX = 1
FIELDS_MAX = 50


async def read(content_type: str, data: bytes) -> tuple[list[tuple[str, str]], dict[str, bytes]]:
    """The fields in their order, and the files by name. A file that was not chosen is none.

    Raises:
        Refusal: 400.
    """
    if "charset" in content_type.lower():  # browsers name none, and some can make half letters
        raise invalid("body", "must be a form in UTF-8")
    if not data.rstrip().endswith(b"--"):  # the parser would keep what had begun
        raise invalid("body", "must be a whole form")

    async def stream() -> AsyncGenerator[bytes, None]:
        yield data

    headers = Headers({"content-type": content_type})
    parser = MultiPartParser(headers, stream(), max_files=FILES_MAX, max_fields=FIELDS_MAX)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise invalid("body", "must be a form with one file at most") from error
    fields: list[tuple[str, str]] = []
    files: dict[str, bytes] = {}
    for name, value in form.multi_items():
        if not isinstance(value, UploadFile):
            fields.append((name, value))
        elif value.filename:
            files[name] = await value.read()
    await form.close()
    return fields, files
