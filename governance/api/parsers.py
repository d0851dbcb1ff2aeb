"""Reading bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

from governance.cards.formats.guards import MAX_BYTES
from governance.core.errors import invalid

PIECE = 1024 * 1024
MOST_PIECES = 64


class ShallowJSONParser(JSONParser):
    """JSON; one nested more deeply than Python can read is the caller's fault, not ours."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None


def file_in(request: Request) -> bytes:
    """Return the body as it came, whatever it is called; of one that is too long, enough to tell.

    Raises InvalidInput for a form, which would have the file and more in it.
    """
    if request.content_type.startswith("multipart/"):
        message = "Send the file itself as the body, not a form: curl --data-binary @FILE."
        raise invalid("file", "body", message)
    stream = request.stream
    data: bytes = stream.read(MAX_BYTES + 1) if stream else b""
    # A client that still sends would not read the answer; so the rest is taken and thrown away.
    if len(data) > MAX_BYTES:
        for _ in range(MOST_PIECES):
            if not stream.read(PIECE):
                break
    return data
