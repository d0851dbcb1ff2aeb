"""What a long audit trail costs to print: ours beside one plain call of WeasyPrint, and others.

    ./run bench evidence              print
    ./run bench evidence --write      and put the figures into docs/performance.md

Each engine prints the same entries in a process of its own; for each the processor time of all its
processes is told, and the most memory that any one of them held. Ours draws in several processes at
once: `elapsed` is the processor time on its longest way, which is the time it takes at rest.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- evidence: begin -->", "<!-- evidence: end -->"
AT = datetime(2026, 11, 1, tzinfo=UTC)
ACTS = (
    ("Version promoted", "slot retail", "Priya Raman"),
    ("Sign off given", "role Approver, decision Approve", "Arno Keller"),
    ("Evaluation recorded", "suite holdout, results 12", "pipeline churn-train"),
    ("Finding closed", "severity Medium", "Vera Lindqvist"),
    ("Card published", "revision 14, version 3", "Olga Haugen"),
)
ENGINES = {
    "ours": "Countersign, a list in chunks of 500, joined",
    "list": "WeasyPrint, one call, the same list",
    "table": "WeasyPrint, one call, a table",
    "reportlab": "ReportLab, the same list, without tags",
    "typst": "Typst, the same list",
}


@dataclass(frozen=True, kw_only=True)
class Taken:
    engine: str
    rows: int
    cpu: float
    elapsed: float
    peak: int
    join_peak: int
    pages: int
    size: int


def entries(count: int) -> Iterator[Any]:
    from governance.evidence.rules.trail import EntryRow

    previous = "0" * 64
    for seq in range(1, count + 1):
        what, detail, who = ACTS[seq % len(ACTS)]
        digest = sha256(f"{previous}{seq}".encode()).hexdigest()
        yield EntryRow(
            seq=seq,
            at=AT + timedelta(seconds=37 * seq),
            what=what,
            detail=detail,
            who=who,
            hash=digest,
            previous=previous,
            signed=seq % len(ACTS) == 1,
        )
        previous = digest


def page(rows: list[Any]) -> dict[str, Any]:
    from governance.evidence.rules.parts import Section

    section = Section(name="trail", anchor="trail", number="1", title="Ledger entries", detail="")
    return {
        "reference": "EP-00000000",
        "content_digest": "0" * 64,
        "as_of": AT,
        "section": section,
        "entries": rows,
    }


def styled(body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Trail</title>'
        '<link rel="stylesheet" href="asset:evidence-pack.css"></head><body>'
        f"{body}</body></html>"
    )


def ours(rows: list[Any], folder: Path) -> tuple[bytes, Any]:
    from governance.core.long_pdf import render_long
    from governance.core.pdf import Attachment
    from governance.evidence.actions.listing import chunks
    from governance.evidence.actions.making import styles

    printed = page(rows)
    frame = styled(
        '<section><h1 data-title="Contents">Contents</h1><p><a class="page" href="#trail" '
        'title="Trail"></a></p></section><section id="trail"><h1 data-title="Trail">Trail</h1>'
        '<div id="trail-entries"></div></section>'
    )
    whole = json.dumps([[row.seq, row.what, row.detail, row.who, row.hash] for row in rows])
    made = render_long(
        frame,
        runs={"trail-entries": chunks(printed["section"], rows, printed)},
        assets={"evidence-pack.css": styles()},
        attachments=[
            Attachment(name="evidence.json", description="All", data=whole.encode(), at=AT)
        ],
        identifier=b"sixteen bytes id",
    )
    return made.data, made


def plain(html: str) -> bytes:
    """One call, as one would write it: nothing set aside but what both conformances ask for."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    from governance.evidence.actions.making import styles

    class Styles(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            return URLFetcherResponse(url, styles().data, {"Content-Type": "text/css"})

    return bytes(HTML(string=html, url_fetcher=Styles()).write_pdf(pdf_variant="pdf/a-3a"))


def as_list(rows: list[Any], folder: Path) -> tuple[bytes, Any]:
    from django.template.loader import render_to_string

    return plain(render_to_string("pdf/entries.html", page(rows), using="jinja2")), None


def as_table(rows: list[Any], folder: Path) -> tuple[bytes, Any]:
    from django.template import engines

    source = '{% from "pdf/_macros.html" import chain %}{{ chain(entries) }}'
    body = engines["jinja2"].from_string(source).render({"entries": rows})
    return plain(styled(body)), None


def two_lines(row: Any) -> tuple[str, str]:
    first = f"{row.seq:,}  {row.at:%Y-%m-%d %H:%M:%S}  {row.what}, {row.detail}  {row.who}"
    return first, f"{row.hash} after {row.previous[:16]}"


def reportlab(rows: list[Any], folder: Path) -> tuple[bytes, Any]:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    font = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
    pdfmetrics.registerFont(TTFont("Sans", font))
    style = ParagraphStyle("entry", fontName="Sans", fontSize=7.5, leading=10.9, spaceAfter=5)
    path = folder / "trail.pdf"

    def numbered(canvas: Any, document: Any) -> None:
        canvas.setFont("Sans", 7.5)
        canvas.drawRightString(A4[0] - 57, 40, f"Page {document.page}")

    document = SimpleDocTemplate(str(path), pagesize=A4, title="Trail")
    story = [Paragraph("<br/>".join(two_lines(row)), style) for row in rows]
    document.build(story, onFirstPage=numbered, onLaterPages=numbered)
    return path.read_bytes(), None


def typst(rows: list[Any], folder: Path) -> tuple[bytes, Any]:
    import typst as compiler

    (folder / "rows.json").write_text(json.dumps([two_lines(row) for row in rows]))
    (folder / "trail.typ").write_text(
        '#set document(title: "Trail", date: datetime(year: 2026, month: 11, day: 1))\n'
        '#set text(size: 7.5pt, lang: "en")\n'
        '#set page(paper: "a4", margin: 27mm, footer: context align(right)[Page '
        "#counter(page).display() of #counter(page).final().first()])\n= Trail\n"
        '#list(marker: [], ..json("rows.json").map(row => [#row.at(0) \\ #row.at(1)]))\n'
    )
    made = compiler.compile(str(folder / "trail.typ"), format="pdf", pdf_standards=["a-3a", "ua-1"])
    return bytes(made), None


DRAW: dict[str, Callable[[list[Any], Path], tuple[bytes, Any]]] = {
    "ours": ours, "list": as_list, "table": as_table, "reportlab": reportlab, "typst": typst,
}  # fmt: skip


def one(engine: str, count: int) -> Taken:
    """Print so many entries with one engine, in this very process."""
    import django
    import pikepdf

    from governance.core.pdf_child.limits import peak

    django.setup()
    rows = list(entries(count))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        begin = time.process_time()
        data, made = DRAW[engine](rows, Path(folder))
        own = time.process_time() - begin
    spent = list(made.spent) if made else []
    workers = [part.cpu_seconds for part in spent if part.work == "chunks"]
    others = [part for part in spent if part.work != "chunks"]
    with tempfile.TemporaryFile() as file:
        file.write(data)
        with pikepdf.open(file) as pdf:
            pages = len(pdf.pages)
    return Taken(
        engine=engine,
        rows=count,
        cpu=own + sum(part.cpu_seconds for part in spent),
        elapsed=own + max(workers, default=0) + sum(part.cpu_seconds for part in others),
        peak=max(
            (part.peak for part in spent if part.work != "join"),
            default=peak(),
        ),
        join_peak=max((part.peak for part in spent if part.work == "join"), default=0),
        pages=pages,
        size=len(data),
    )


def measured(engine: str, count: int) -> Taken | None:
    """Print in a process of its own; None for an engine that could not."""
    command = [sys.executable, "-m", "bench.evidence", "--engine", engine, "--rows", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{engine} {count}: {done.stderr.strip().splitlines()[-1:]}", flush=True)
        return None
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def table(found: list[Taken]) -> str:
    """One row for each size and engine; the ratio is of elapsed time, to ours at that size."""
    lines = [
        "| entries | engine | pages | processor time, s | elapsed at rest, s | of ours | most in a "
        "process, MB | file, MB |",
        "|--:|---|--:|--:|--:|--:|--:|--:|",
    ]
    base = {one.rows: one.elapsed for one in found if one.engine == "ours"}
    for taken in sorted(found, key=lambda one: (one.rows, list(ENGINES).index(one.engine))):
        ratio = f"**{taken.elapsed / base[taken.rows]:.1f}**" if taken.rows in base else ""
        joined = f", {taken.join_peak / 1e6:.0f} joining" if taken.join_peak else ""
        lines.append(
            f"| {taken.rows:,} | {ENGINES[taken.engine]} | {taken.pages:,} | {taken.cpu:.1f} "
            f"| {taken.elapsed:.1f} | {ratio} | {taken.peak / 1e6:.0f}{joined} "
            f"| {taken.size / 1e6:.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 5_000, 10_000])
    parser.add_argument("--whole", type=int, default=50_000, help="of ours alone")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    arguments = parser.parse_args()
    if arguments.engine:
        print(json.dumps(asdict(one(arguments.engine, arguments.rows))))
        return
    wanted = [(engine, size) for size in arguments.sizes for engine in ENGINES]
    wanted += [("ours", arguments.whole)] if arguments.whole else []
    found = []
    for engine, size in wanted:
        if taken := measured(engine, size):
            found.append(taken)
            print(taken, flush=True)
    from bench import report

    text = (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {report.machine()}\n\n{table(found)}"
    )
    print(text)
    if arguments.write:
        head, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
    os.environ.setdefault("SECRET_KEY", "for-measurements-" * 3)
    main()
