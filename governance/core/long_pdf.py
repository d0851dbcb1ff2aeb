"""A PDF with lists of many thousand items: drawn in chunks by several processes, and joined.

WeasyPrint needs memory for all pages of a document at once, and time that grows faster than its
rows. In chunks of some hundred items both stay what they are for one chunk, and each processor has
work. Processes are started, not forked: a Celery worker may not fork, and a fork would hold its
memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from governance.core.pdf import (
    DRAW,
    JOIN,
    Asset,
    Attachment,
    EmptySignature,
    Limits,
    Rendered,
    encoded,
    named,
    run_children,
    unasked,
)

CHUNK = 500
"""Items of a chunk. Fewer cost more in beginnings, more cost memory (docs/performance.md)."""
MOST_WORKERS = 4
WORKER_LIMITS = Limits(data=300 * 1024**2, cpu_seconds=3600, wall_seconds=3600)
FRAME_LIMITS = Limits(wall_seconds=1200, cpu_seconds=600)
JOIN_LIMITS = Limits(memory=8 * 1024**3, wall_seconds=1200, cpu_seconds=600)


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A whole HTML document with some of the items, and what the outline calls it."""

    html: str
    title: str


@dataclass(frozen=True)
class _Run:
    """The chunks behind one anchor, as files."""

    anchor: str
    titles: tuple[str, ...]
    sources: tuple[Path, ...]

    @property
    def targets(self) -> list[Path]:
        return [source.with_suffix(".pdf") for source in self.sources]


def render_long(
    html: str,
    *,
    runs: Mapping[str, Iterable[Chunk]],
    assets: Mapping[str, Asset],
    attachments: Sequence[Attachment] = (),
    identifier: bytes,
    signature: EmptySignature | None = None,
    go_on: Callable[[], None] = unasked,
    worker_limits: Limits = WORKER_LIMITS,
) -> Rendered:
    """Return the document with the pages of each run behind the page of its anchor, as PDF/A-3a
    and PDF/UA-1; equal arguments give equal bytes.

    `runs` maps the `id` of an empty element of `html` to what comes behind its page; the next text
    of `html` has to begin a page. The style prints `var(--page-number)` as the number of a page,
    and `a.page::after` as the number that a link leads to. Chunks are read one at a time. The rest
    is as of `render_pdf`. Raises PdfUnavailable, PdfTooLarge.
    """
    with TemporaryDirectory(prefix="countersign-pdf-") as folder:
        place = Path(folder)
        kept = [_kept(place, at, name, chunks) for at, (name, chunks) in enumerate(runs.items())]
        common = {"assets": encoded(assets), "identifier": identifier.hex()}
        pages, unseen = _draw_chunks(kept, common, limits=worker_limits, go_on=go_on)
        frame = {
            **common,
            "work": "frame",
            "html": html,
            "runs": {run.anchor: sum(pages[path] for path in run.targets) for run in kept},
            "frame": str(place / "frame.pdf"),
            "sample": str(place / "sample.pdf"),
        }
        ((drawn, _),) = run_children(DRAW, [frame], limits=FRAME_LIMITS, go_on=go_on)
        request = {
            "frame": frame["frame"],
            "sample": frame["sample"],
            "runs": [_joined(run, drawn["places"][run.anchor]) for run in kept],
            "attachments": [_attached(place, at, one) for at, one in enumerate(attachments)],
            "signature": named(signature),
        }
        ((whole, data),) = run_children(JOIN, [request], limits=JOIN_LIMITS, go_on=go_on)
    replaced = tuple(sorted({*unseen, *drawn["replaced"]}))
    return Rendered(data=data, pages=whole["pages"], replaced=replaced)


def _kept(place: Path, number: int, anchor: str, chunks: Iterable[Chunk]) -> _Run:
    titles, sources = [], []
    for at, chunk in enumerate(chunks):
        source = place / f"run{number}-{at:05}.html"
        source.write_text(chunk.html)
        titles.append(chunk.title)
        sources.append(source)
    return _Run(anchor, tuple(titles), tuple(sources))


def _draw_chunks(
    kept: Sequence[_Run], common: Mapping[str, Any], *, limits: Limits, go_on: Callable[[], None]
) -> tuple[dict[Path, int], set[str]]:
    """Return how many pages each file has, and the code points that no font had."""
    files = [pair for run in kept for pair in zip(run.sources, run.targets, strict=True)]
    workers = min(os.cpu_count() or 1, MOST_WORKERS, len(files))
    # Every so many-th, for the last ones of a run are shorter.
    shares = [files[at::workers] for at in range(workers)]
    requests = [
        {**common, "work": "chunks", "files": [[str(a), str(b)] for a, b in share]}
        for share in shares
    ]
    answers = run_children(DRAW, requests, limits=limits, go_on=go_on)
    pages = {
        target: count
        for share, (facts, _) in zip(shares, answers, strict=True)
        for (_, target), count in zip(share, facts["pages"], strict=True)
    }
    return pages, {point for facts, _ in answers for point in facts["replaced"]}


def _joined(run: _Run, place: int) -> dict[str, Any]:
    paired = zip(run.titles, run.targets, strict=True)
    chunks = [{"title": title, "path": str(path)} for title, path in paired]
    return {"place": place, "chunks": chunks}


def _attached(place: Path, number: int, attachment: Attachment) -> dict[str, str]:
    path = place / f"attached-{number}"
    path.write_bytes(attachment.data)
    return {
        "path": str(path),
        "name": attachment.name,
        "description": attachment.description,
        "at": attachment.at.isoformat(),
    }
