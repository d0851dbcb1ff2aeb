"""Evidence packs: what there is to choose from, those that were built, and what stands in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from governance.accounts.models import Unit, User
from governance.accounts.queries import labels_of
from governance.audit.models import LedgerEntry
from governance.audit.notes import VerifierKey
from governance.audit.queries import LedgerState, ledger_state
from governance.evidence.formats import FORMS
from governance.evidence.models import Pack, PackDownload
from governance.evidence.queries.packs import (
    downloads_of,
    models_of_pack,
    names_on_disk,
    recent_packs,
)
from governance.evidence.queries.scopes import Offered, offered_frameworks
from governance.evidence.rules.packs import EVIDENCE_NAME, STREAM, VERIFIER_NAME
from governance.evidence.rules.scopes import Chapter, PackScope, ScopeKind
from governance.inventory.models import Model
from governance.inventory.queries.ledger import reads_ledger
from governance.inventory.queries.scopes import answers_of
from governance.inventory.rules.frameworks import Status
from governance.portal.forms.evidence import KINDS, Choices, PackForm
from governance.portal.pages.ledger import own_key
from governance.portal.pages.pack_preview import Preview, preview_of

MOST_OFFERED = 200
"""More models than that are typed, not chosen from a list."""
NARROWS = ("chosen", "model", "number", "unit", "tier", "streams", "since", "until")
"""What in an address says that somebody chose."""


@dataclass(frozen=True, kw_only=True)
class EvidencePage:
    """`kinds` are (address, label, whether it is this page)."""

    kinds: Sequence[tuple[str, str, bool]]
    preview: Preview | None
    packs: Sequence[Pack]
    builders: Mapping[str, str]
    ledger: LedgerState


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """A file of a pack; `octets` is 0 where its size is not on record."""

    name: str
    words: str
    octets: int
    is_there: bool


@dataclass(frozen=True, kw_only=True)
class DownloadRow:
    download: PackDownload
    who: str


@dataclass(frozen=True, kw_only=True)
class PackPage:
    """One pack; `files` stand in the order in which people need them."""

    pack: Pack
    built_by: str
    entry: LedgerEntry | None
    files: Sequence[FileRow]
    models: Sequence[Model]
    frameworks: Sequence[str]
    left_out: Sequence[str]
    downloads: Sequence[DownloadRow]
    forms: Sequence[tuple[str, str, str]]
    key: VerifierKey | None

    @property
    def is_whole(self) -> bool:
        return all(one.is_there for one in self.files)


def kind_asked(said: QueryDict) -> ScopeKind:
    """What the address says that the pack is to be of; one model unless it says another."""
    return KINDS.get(said.get("of", ""), ScopeKind.MODEL)


def pack_form(said: QueryDict, *, is_post: bool, reader: User, at: datetime) -> PackForm:
    """Read what was chosen, with what this reader may choose from; nothing chosen, unbound."""
    frameworks = offered_frameworks()
    is_chosen = is_post or any(said.get(name) for name in NARROWS)
    first = _first(frameworks, said.get("model", ""), reader=reader, at=at)
    form = PackForm(kind_asked(said), _filled(said, first) if is_chosen else None)
    if not is_chosen:
        form.initial = {"chapters": Chapter.values, "frameworks": first}
    form.initial = {**form.initial, "of": said.get("of", "model"), "chosen": "1"}
    return form.offer(
        models=_models(reader, at=at),
        units=_units(reader, at=at),
        frameworks=[(one.id, one.label) for one in frameworks],
        streams=reads_ledger(reader, at=at),
    )


def _filled(said: QueryDict, first: Sequence[str]) -> MultiValueDict[str, str]:
    """What an address leaves unsaid of boxes, such as that of a link, is as the page has it."""
    filled: MultiValueDict[str, str] = MultiValueDict(said.lists())
    if not said.get("chosen"):
        filled.setlistdefault("frameworks", list(first))
        filled.setlistdefault("chapters", [str(value) for value in Chapter.values])
        filled["chosen"] = "1"
    return filled


def _first(frameworks: Sequence[Offered], name: str, *, reader: User, at: datetime) -> list[str]:
    """Those that are ticked at first: what applies to the model; else what nothing replaced."""
    model = Model.objects.visible_to(reader, at=at).named(name).first() if name else None
    applying = {
        one.framework
        for one in (answers_of([model]).get(model.pk, ()) if model else ())
        if one.status == Status.APPLIES
    }
    found = [one.id for one in frameworks if one.is_current]
    return [key for key in found if key in applying] or found


def _models(reader: User, *, at: datetime) -> Choices:
    names = Model.objects.visible_to(reader, at=at).order_by("name").values_list("name", flat=True)
    found = [(name, name) for name in names[: MOST_OFFERED + 1]]
    return found if len(found) <= MOST_OFFERED else []


def _units(reader: User, *, at: datetime) -> Choices:
    seen = Model.objects.visible_to(reader, at=at).order_by().values("unit")
    rows = Unit.objects.filter(pk__in=seen).order_by("path").values_list("path", "name")
    return [(path, name) for path, name in rows]


def evidence_page(
    form: PackForm, scope: PackScope | None, *, reader: User, at: datetime
) -> EvidencePage:
    packs = recent_packs(reader, at=at)
    return EvidencePage(
        kinds=[(slug, str(kind.label), kind == form.kind) for slug, kind in KINDS.items()],
        preview=preview_of(scope, reader=reader, at=at) if scope else None,
        packs=packs,
        builders=labels_of(pack.built_by for pack in packs),
        ledger=ledger_state(),
    )


def pack_page(pack: Pack) -> PackPage:
    entries = LedgerEntry.objects.of_stream(STREAM).filter(subject=pack.ref)
    downloads = downloads_of(pack)
    people = labels_of([pack.built_by, *(one.downloaded_by for one in downloads)])
    of, names = pack.of, {one.id: one.name for one in offered_frameworks()}
    return PackPage(
        pack=pack,
        built_by=people.get(pack.built_by, pack.built_by),
        entry=entries.order_by("seq").first(),
        files=_files(pack),
        models=models_of_pack(pack),
        frameworks=[names.get(key, key) for key in of.frameworks],
        left_out=[str(one.label) for one in Chapter if not of.prints(one)],
        downloads=[
            DownloadRow(download=one, who=people.get(one.downloaded_by, one.downloaded_by))
            for one in downloads
        ],
        forms=[(key, f"{pack.reference}.{form.ending}", form.words) for key, form in FORMS.items()],
        key=own_key(),
    )


def _files(pack: Pack) -> Sequence[FileRow]:
    there = names_on_disk(pack)
    return [
        FileRow(name=name, words=words, octets=octets, is_there=name in there)
        for name, words, octets in (
            (pack.pdf_name, "PDF with the evidence attached", pack.pdf_size),
            (EVIDENCE_NAME, "The evidence alone, as JSON", pack.evidence_size),
            (VERIFIER_NAME, "The verifier: one file, needs only Python", 0),
        )
    ]
