"""Pictures that a file holds as base64: they become figures by digest, their bytes attachments."""

from __future__ import annotations

import base64
import binascii
import re

SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"%PDF-", "application/pdf"),
)
SVG = re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<svg[\s>]", re.DOTALL)


def picture_of(text: str) -> bytes | None:
    """Return the bytes of a picture in base64, with its padding or without; None of all else."""
    prefix, found, rest = text.partition(";base64,")
    packed = rest if found and prefix.startswith("data:") else text
    packed = "".join(packed.split()).rstrip("=")
    try:
        data = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if media_type_of(data) else None


def media_type_of(data: bytes) -> str:
    """Tell by its first bytes what a picture is, never by what its file says; '' of no picture."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if SVG.match(data[:2000]):
        return "image/svg+xml"
    return next((kind for sign, kind in SIGNS if data.startswith(sign)), "")


def packed_picture(data: bytes) -> str:
    return base64.b64encode(data).decode()
