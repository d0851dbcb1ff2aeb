"""HTML to a PDF that is PDF/A-3a and PDF/UA-1, in a child process that can reach nothing else.

WeasyPrint needs Pango, holds hundreds of megabytes while it works, and reads fonts by a
configuration that is fixed when its library loads. So it runs in a process of its own
(`pdf_child`): the portal starts without Pango, keeps its memory, and a document that hangs or
grows is ended without ending anything else.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings

from governance.core.errors import DomainError

APT_LINE = (
    "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 "
    "libharfbuzz-subset0 fonts-dejavu-core fonts-inter fonts-sil-charis fonts-jetbrains-mono "
    "fonts-wqy-microhei fonts-symbola"
)
CHILDREN = Path(__file__).with_name("pdf_child")
DRAW, JOIN = CHILDREN / "draw.py", CHILDREN / "join.py"
FONTS = Path(__file__).with_name("data") / "fonts.conf"
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")


class PdfUnavailable(DomainError):
    """This machine lacks a library that drawing PDFs needs."""

    code = "pdf_unavailable"


class PdfTooLarge(DomainError):
    """The document needed more time or memory than one document may take."""

    code = "pdf_too_large"


class PdfFailed(Exception):
    """The child failed in a way that nobody foresaw; its last words are the message."""


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file that the HTML may name, as `asset:NAME`."""

    data: bytes
    media_type: str


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file inside the PDF. Its times are given, since now() would change the bytes."""

    name: str
    description: str
    data: bytes
    at: datetime


@dataclass(frozen=True, kw_only=True)
class EmptySignature:
    """A signature field that the parent is to fill. `spoken` is what a screen reader says of it.

    It has no place on a page: what a signature draws would break PDF/A.
    """

    name: str
    spoken: str


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`memory` bounds what a process can address, `data` what it writes of that, 0 for no bound."""

    memory: int = 4 * 1024**3
    data: int = 0
    cpu_seconds: int = 300
    wall_seconds: int = 600


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """`replaced` lists the code points no font had; the pages show them as [U+XXXX]."""

    data: bytes
    pages: int
    replaced: tuple[str, ...]


DEFAULT_LIMITS = Limits()
POLL_SECONDS = 0.5


def unasked() -> None:
    """Nobody can stop the drawing."""


def render_pdf(
    html: str,
    *,
    assets: Mapping[str, Asset],
    attachments: Sequence[Attachment] = (),
    identifier: bytes,
    signature: EmptySignature | None = None,
    limits: Limits = DEFAULT_LIMITS,
    go_on: Callable[[], None] = unasked,
) -> Rendered:
    """Return the document as PDF/A-3a and PDF/UA-1; equal arguments give equal bytes.

    `go_on` is asked every half second; what it raises ends the drawing, and passes through.

    Only `assets` and `data:` can be fetched by the HTML, whatever it says. Characters that no font
    has, and controls that would hide or reorder text, are printed as their code points.
    Raises PdfUnavailable, naming the packages that are missing; PdfTooLarge.
    """
    request = {
        "work": "one",
        "html": html,
        "assets": encoded(assets),
        "attachments": [_attachment(a) for a in attachments],
        "identifier": identifier.hex(),
        "signature": named(signature),
    }
    ((facts, data),) = run_children(DRAW, [request], limits=limits, go_on=go_on)
    return Rendered(data=data, pages=facts["pages"], replaced=tuple(facts["replaced"]))


def encoded(assets: Mapping[str, Asset]) -> dict[str, list[str]]:
    return {name: [_b64(one.data), one.media_type] for name, one in assets.items()}


def named(signature: EmptySignature | None) -> list[str] | None:
    return [signature.name, signature.spoken] if signature else None


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _attachment(attachment: Attachment) -> dict[str, str]:
    return {
        "name": attachment.name,
        "description": attachment.description,
        "data": _b64(attachment.data),
        "at": attachment.at.isoformat(),
    }


def run_children(
    script: Path,
    requests: Sequence[Mapping[str, Any]],
    *,
    limits: Limits,
    go_on: Callable[[], None],
) -> list[tuple[dict[str, Any], bytes]]:
    """Run the script once for each request, all at the same time; return what each answered.

    `go_on` is asked every half second; what it raises ends them all, and passes through. Raises
    PdfUnavailable, PdfTooLarge.
    """
    bounds = {
        "memory": limits.memory,
        "data": limits.data,
        "cpu_seconds": limits.cpu_seconds,
    }
    with ExitStack() as held:
        running = [held.enter_context(_child(script, {**one, **bounds})) for one in requests]
        until = time.monotonic() + limits.wall_seconds
        while any(child.poll() is None for child, _, _ in running):
            if time.monotonic() > until:
                raise PdfTooLarge(f"The PDF took more than {limits.wall_seconds} seconds.")
            waiting = next(child for child, _, _ in running if child.poll() is None)
            with suppress(subprocess.TimeoutExpired):
                waiting.wait(timeout=POLL_SECONDS)
            go_on()
        return [_answer(child, _all_of(said), _all_of(words)) for child, said, words in running]


@contextmanager
def _child(
    script: Path, request: Mapping[str, Any]
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]]:
    """Start a child that talks through files: a pipe that nobody reads would stop it."""
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    env |= {
        "FONTCONFIG_FILE": str(FONTS),
        "LC_ALL": "C.UTF-8",
        "XDG_CACHE_HOME": str(settings.VAR_DIR / "cache"),
    }
    command = [sys.executable, "-I", str(script)]
    with TemporaryFile() as asked, TemporaryFile() as said, TemporaryFile() as words:
        asked.write(json.dumps(request).encode())
        asked.seek(0)
        child = subprocess.Popen(  # noqa: S603  our own script, arguments fixed
            command, stdin=asked, stdout=said, stderr=words, env=env
        )
        try:
            yield child, said, words
        finally:
            child.kill()
            child.wait()


def _all_of(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _answer(
    child: subprocess.Popen[bytes], said: bytes, words: bytes
) -> tuple[dict[str, Any], bytes]:
    head, _, body = said.partition(b"\n")
    facts: dict[str, Any] = json.loads(head) if head else {"error": "killed"}
    match facts.get("error"):
        case None if child.returncode == 0:
            return facts, body
        case "unavailable":
            raise PdfUnavailable(
                f"PDFs need system libraries that are missing ({facts['message']}). "
                f"As root run: {APT_LINE}"
            )
        case "memory":
            raise PdfTooLarge("The PDF needed more memory than one document may take.")
    if child.returncode < 0:
        raise PdfTooLarge("The PDF needed more time or memory than one document may take.")
    raise PdfFailed(words.decode(errors="replace")[-2000:])
