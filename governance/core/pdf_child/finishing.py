"""What makes a drawn PDF/A-3a also PDF/UA-1, and leaves room for a signature."""

from __future__ import annotations

import io

import pikepdf
from pikepdf import Array, Dictionary, Name

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
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        tidy(pdf)
        if signature:
            add_signature(pdf, *signature)
        out = io.BytesIO()
        save(pdf, out)
        return out.getvalue(), len(pdf.pages)


def tidy(pdf: pikepdf.Pdf) -> None:
    """Mark the PDF as PDF/UA, and its metadata and attachments as they have to stand.

    They end up uncompressed, so that a reader with nothing but a text search finds them, and so
    that no bit of them is padding that could change unnoticed.
    """
    text = pdf.Root.Metadata.read_bytes().decode().replace("</rdf:RDF>", UA_MARK, 1)
    metadata = pikepdf.Stream(pdf, text.encode())
    metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = metadata
    for stream in (o for o in pdf.objects if isinstance(o, pikepdf.Stream)):
        if stream.get("/Type") == Name.EmbeddedFile:
            stream.write(stream.read_bytes())
        # PDF/A lets no viewer make up what stands between the pixels of a picture.
        if stream.get("/Subtype") == Name.Image and "/Interpolate" in stream:
            stream.Interpolate = False


def save(pdf: pikepdf.Pdf, out: io.BytesIO) -> None:
    pdf.save(
        out,
        deterministic_id=True,
        compress_streams=False,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
    )
