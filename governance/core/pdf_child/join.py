"""The process that joins a frame and its chunks into one PDF. It draws nothing."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, String

sys.path.append(str(Path(__file__).parents[3]))

from governance.core.pdf_child.finishing import add_signature, save, tidy
from governance.core.pdf_child.limits import answer, limit, memory_is_bounded
from governance.core.pdf_child.numbering import SAMPLE, look_of, number


class Joining:
    """A frame that takes up chunks, from its end to its beginning.

    From behind, a run that goes in moves none of the pages that the next one goes behind.
    """

    def __init__(self, frame: str) -> None:
        self.pdf = pikepdf.open(frame)
        tidy(self.pdf)
        self.structure = self.pdf.Root.StructTreeRoot
        (self.document,) = self.structure.K
        self.places = {page.obj.objgen: at for at, page in enumerate(self.pdf.pages)}
        self.entries: list[Any] = list(self.structure.ParentTree.Nums)
        self.next_key = max(int(one) for one in self.entries[::2]) + 1
        self.taken: list[tuple[int, str, pikepdf.Object]] = []
        self.numberless: set[tuple[int, int]] = set()

    def take(self, place: int, chunks: list[dict[str, Any]]) -> None:
        """Put the chunks behind the page of that place, in pages and in the order of reading."""
        at, behind = place + 1, self._element_after(place)
        parts = []
        for chunk in chunks:
            source = pikepdf.open(chunk["path"])
            count = len(source.pages)
            self._insert_pages(source, at)
            parts.append(self._part(source))
            self.taken.append((place, chunk["title"], self.pdf.pages[at].obj))
            at += count
        children = list(self.document.K)
        self.document.K = Array([*children[:behind], *parts, *children[behind:]])

    def _insert_pages(self, source: pikepdf.Pdf, at: int) -> None:
        for page in source.pages:
            page.obj.StructParents = int(page.obj.StructParents) + self.next_key
        for offset, page in enumerate(source.pages):
            self.pdf.pages.insert(at + offset, page)
            self.numberless.add(self.pdf.pages[at + offset].obj.objgen)

    def _part(self, source: pikepdf.Pdf) -> pikepdf.Object:
        """Return the chunk's structure as a part of this document, and list its pages' content."""
        root = source.Root.StructTreeRoot
        part = self.pdf.copy_foreign(root.K[0])
        part.S, part.P = Name.Part, self.document
        listed = list(self.pdf.copy_foreign(source.make_indirect(root.ParentTree.Nums)))
        keys = [int(key) + self.next_key for key in listed[::2]]
        for key, content in zip(keys, listed[1::2], strict=True):
            self.entries.extend([key, content])
        self.next_key = max(keys) + 1
        return part

    def _element_after(self, place: int) -> int:
        """Return which child of the document is the first to begin on a later page."""
        children = list(self.document.K)
        for at, child in enumerate(children):
            if self._first_page(child) > place:
                return at
        return len(children)

    def _first_page(self, element: pikepdf.Object) -> int:
        """Return the place of the first page that something of the element is on, -1 for none."""
        waiting = [element]
        while waiting:
            one = waiting.pop(0)
            if isinstance(one, Array):
                waiting = [*one, *waiting]
            elif isinstance(one, Dictionary):
                if "/Pg" in one:
                    return self.places.get(one.Pg.objgen, -1)
                if "/K" in one:
                    waiting.insert(0, one.K)
        return -1

    def number_pages(self, sample: str) -> None:
        with pikepdf.open(sample) as drawn:
            look = look_of(drawn, SAMPLE)
            look = replace(look, font=self.pdf.copy_foreign(look.font))
            whole = len(self.pdf.pages)
            for at, page in enumerate(self.pdf.pages, start=1):
                if page.obj.objgen in self.numberless:
                    number(page, look, f"Page {at} of {whole}")

    def outline(self) -> None:
        """List the chunks in the outline, below what they belong to."""
        with self.pdf.open_outline() as outline:
            for place, title, page in sorted(self.taken, key=lambda one: one[0]):
                at = self.pdf.pages.index(pikepdf.Page(page))
                above = [one for one in outline.root if self._place_of(one) <= place]
                into = above[-1].children if above else outline.root
                into.append(OutlineItem(title, at))

    def _place_of(self, item: OutlineItem) -> int:
        target = item.destination
        return self.places.get(target[0].objgen, -1) if isinstance(target, Array) else -1

    def attach(self, file: dict[str, Any]) -> None:
        """Attach a file as data that belongs to the document (ISO 19005-3, 6.8), as it is."""
        data = Path(file["path"]).read_bytes()
        at = String(f"D:{datetime.fromisoformat(file['at']):%Y%m%d%H%M%S}Z")
        held = pikepdf.Stream(self.pdf, data)
        held.Type, held.Subtype = Name.EmbeddedFile, Name("/application/json")
        held.Params = Dictionary(
            Size=len(data),
            CreationDate=at,
            ModDate=at,
            CheckSum=String(hashlib.md5(data, usedforsecurity=False).digest()),
        )
        name = String(file["name"])
        spec = self.pdf.make_indirect(
            Dictionary(
                Type=Name.Filespec,
                F=name,
                UF=name,
                Desc=String(file["description"]),
                AFRelationship=Name.Data,
                EF=Dictionary(F=held),
            )
        )
        root = self.pdf.Root
        root.AF = Array([*root.get("/AF", []), spec])
        if "/Names" not in root:
            root.Names = Dictionary()
        if "/EmbeddedFiles" not in root.Names:
            root.Names.EmbeddedFiles = Dictionary(Names=Array())
        root.Names.EmbeddedFiles.Names.extend(Array([name, spec]))

    def finish(self, signature: list[str] | None) -> bytes:
        self.structure.ParentTree.Nums = Array(self.entries)
        self.structure.ParentTreeNextKey = self.next_key
        if signature:
            add_signature(self.pdf, *signature)
        out = io.BytesIO()
        save(self.pdf, out)
        return out.getvalue()


def main() -> None:
    request = json.load(sys.stdin.buffer)
    limit(request)
    with memory_is_bounded():
        joining = Joining(request["frame"])
        for run in sorted(request["runs"], key=lambda run: -int(run["place"])):
            joining.take(run["place"], run["chunks"])
        joining.number_pages(request["sample"])
        joining.outline()
        for file in request["attachments"]:
            joining.attach(file)
        data = joining.finish(request["signature"])
        answer({"pages": len(joining.pdf.pages), "replaced": []}, data)


if __name__ == "__main__":
    main()
