"""The process that draws one PDF: request on standard input, PDF on standard output.

Runs as a script, `python -I pdf_child.py`, under limits it sets itself and with the network shut.
"""

from __future__ import annotations

import base64
import gc
import io
import json
import resource
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import pikepdf
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name

try:
    # WeasyPrint opens Pango when it is imported, and complains of its absence on standard output.
    with redirect_stdout(sys.stderr):
        from weasyprint import HTML, Attachment
        from weasyprint.urls import URLFetcher, URLFetcherResponse
except OSError as missing:
    first = str(missing).splitlines()[0].partition(".  Additionally")[0]
    print(json.dumps({"error": "unavailable", "message": first}))
    sys.exit(1)

FONT_DIRS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
FONT_FILES = (
    "Inter-Regular.otf",
    "Inter.ttc",
    "InterVariable.ttf",
    "CharisSIL-Regular.ttf",
    "JetBrainsMono-Regular.ttf",
    "DejaVuSans.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSerif.ttf",
    "wqy-microhei.ttc",
    "Symbola_hint.ttf",
)
SAFE = frozenset(map(chr, range(0x20, 0x7F))) | {"\n", "\t"}
# Controls, and the marks that reorder or hide what stands around them (Unicode TR 36).
HIDING = frozenset(
    [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\xad", "\u061c", "\ufeff"]
    + [*map(chr, range(0x200B, 0x2010)), *map(chr, range(0x2028, 0x202F))]
    + [*map(chr, range(0x2060, 0x2070)), *map(chr, range(0xFFF9, 0xFFFC))]
) - {"\n", "\t"}
SHUT = ("socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.Popen", "os.system")
# Bits of annotations and forms (ISO 32000-1, tables 165 and 219).
PRINTED, LOCKED = 4, 128
SIGNATURES, ONLY_ADDED_TO = 1, 2

# PDF/A asks for every schema in the metadata to be declared; PDF/UA's mark is such a schema.
UA_MARK = """<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">\
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>PDF/UA version identifier</pdfaProperty:description>\
<pdfaProperty:name>part</pdfaProperty:name>\
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>\
</rdf:Description></rdf:RDF>"""


class NothingElse(URLFetcher):  # type: ignore[misc]
    """Fetches the assets of the request and `data:`; anything else does not exist."""

    def __init__(self, assets: dict[str, tuple[bytes, str]]) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)
        self._assets = assets

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url in self._assets:
            data, media_type = self._assets[url]
            return URLFetcherResponse(url, data, {"Content-Type": media_type})
        return super().fetch(url, headers)


def shut_the_door(event: str, args: tuple[Any, ...]) -> None:
    if event in SHUT:
        raise PermissionError(f"{event} is not for a process that draws PDFs")


def covered() -> frozenset[int]:
    """Return the code points that some font of ours has, as fontconfig may take any of them."""
    found = (path for root in FONT_DIRS if root.is_dir() for path in sorted(root.rglob("*")))
    return frozenset(
        point for path in found if path.name in FONT_FILES for point in code_points(path)
    )


def code_points(path: Path) -> Iterator[int]:
    with TTFont(path, fontNumber=0, lazy=True) as font:
        yield from font.getBestCmap()


def visible(html: str) -> tuple[str, list[str]]:
    """Return the HTML with every character that would not show replaced by its code point."""
    unsure = set(html) - SAFE
    if not unsure:
        return html, []
    points = covered()
    bad = {char for char in unsure if char in HIDING or ord(char) not in points}
    names = {ord(char): f"[U+{ord(char):04X}]" for char in bad}
    return html.translate(names), sorted(f"U+{ord(char):04X}" for char in bad)


def add_signature(pdf: pikepdf.Pdf, name: str, spoken: str) -> None:
    """Give the PDF an empty signature field. PDF/UA asks for it in the structure, with a text."""
    page = pdf.pages[0].obj
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=name,
            TU=spoken,
            Rect=Array([0, 0, 0, 0]),
            F=PRINTED | LOCKED,
            P=page,
        )
    )
    page.Annots = Array([*page.get("/Annots", []), field])
    page.Tabs = Name.S
    pdf.Root.AcroForm = Dictionary(Fields=[field], SigFlags=SIGNATURES | ONLY_ADDED_TO)
    structure = pdf.Root.StructTreeRoot
    (document,) = structure.K
    key = max(int(one) for one in list(structure.ParentTree.Nums)[::2]) + 1
    form = Dictionary(Type=Name.StructElem, S=Name.Form, P=document, Pg=page)
    form.K = Dictionary(Type=Name.OBJR, Obj=field, Pg=page)
    form = pdf.make_indirect(form)
    document.K.append(form)
    field.StructParent = key
    structure.ParentTree.Nums.extend(Array([key, form]))
    structure.ParentTreeNextKey = key + 1


def finished(data: bytes, signature: list[str] | None) -> tuple[bytes, int]:
    """Return the PDF marked as PDF/UA too, with an empty signature field if asked, and its page
    count.

    Metadata and attachments end up uncompressed, so that a reader with nothing but a text search
    finds them, and so that no bit of them is padding that could change unnoticed.
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        text = pdf.Root.Metadata.read_bytes().decode().replace("</rdf:RDF>", UA_MARK, 1)
        metadata = pikepdf.Stream(pdf, text.encode())
        metadata.Type, metadata.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
        pdf.Root.Metadata = metadata
        for stream in (o for o in pdf.objects if isinstance(o, pikepdf.Stream)):
            if stream.get("/Type") == pikepdf.Name.EmbeddedFile:
                stream.write(stream.read_bytes())
            # PDF/A lets no viewer make up what stands between the pixels of a picture.
            if stream.get("/Subtype") == pikepdf.Name.Image and "/Interpolate" in stream:
                stream.Interpolate = False
        if signature:
            add_signature(pdf, *signature)
        out = io.BytesIO()
        pdf.save(
            out,
            deterministic_id=True,
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
        return out.getvalue(), len(pdf.pages)


def draw(request: dict[str, Any], html: str) -> bytes:
    assets = {
        f"asset:{name}": (base64.b64decode(data), media_type)
        for name, (data, media_type) in request["assets"].items()
    }
    attachments = [
        Attachment(
            string=base64.b64decode(a["data"]),
            name=a["name"],
            description=a["description"],
            relationship="Data",
            created=datetime.fromisoformat(a["at"]),
            modified=datetime.fromisoformat(a["at"]),
        )
        for a in request["attachments"]
    ]
    document = HTML(string=html, url_fetcher=NothingElse(assets))
    pdf: bytes = document.write_pdf(
        pdf_variant="pdf/a-3a",
        attachments=attachments,
        pdf_identifier=bytes.fromhex(request["identifier"]),
    )
    return pdf


def limit(request: dict[str, Any]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (request["cpu_seconds"], request["cpu_seconds"] + 5))
    # Layout makes millions of objects and hardly a cycle: collecting costs a third of the time.
    gc.disable()
    sys.addaudithook(shut_the_door)


def main() -> None:
    request = json.load(sys.stdin.buffer)
    limit(request)
    html, replaced = visible(request["html"])
    try:
        data, pages = finished(draw(request, html), request["signature"])
    except MemoryError:
        out_of_memory()
    sys.stdout.buffer.write(json.dumps({"pages": pages, "replaced": replaced}).encode() + b"\n")
    sys.stdout.buffer.write(data)


def out_of_memory() -> NoReturn:
    print(json.dumps({"error": "memory"}))
    sys.exit(1)


if __name__ == "__main__":
    main()
