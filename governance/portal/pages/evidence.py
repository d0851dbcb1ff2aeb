"""Evidence packs: what one would hold, those that were built, and what stands in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.accounts.queries import labels_of
from governance.approvals.models import SignOff
from governance.audit.models import LedgerEntry, LedgerStream
from governance.audit.queries import LedgerState, ledger_state
from governance.audit.rules import stream_id
from governance.evidence.models import Pack
from governance.evidence.queries.packs import recent_packs
from governance.evidence.rules.packs import EVIDENCE_NAME, STREAM, VERIFIER_NAME
from governance.inventory.models import Model
from governance.portal.forms.evidence import PackForm
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a pack of the model would hold now. Gaps are said before, not discovered after."""

    model: Model
    entries: int
    versions: int
    live: ModelVersion | None
    sign_offs: int
    gaps: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class EvidencePage:
    form: PackForm
    preview: Preview | None
    packs: Sequence[Pack]
    builders: Mapping[str, str]
    ledger: LedgerState


@dataclass(frozen=True, kw_only=True)
class PackPage:
    """One pack; `files` are (name, words, size) in the order in which people need them."""

    pack: Pack
    built_by: str
    entry: LedgerEntry | None
    files: Sequence[tuple[str, str, int]]


def evidence_page(form: PackForm, chosen: str, *, reader: User, at: datetime) -> EvidencePage:
    packs = recent_packs(reader, at=at)
    model = Model.objects.visible_to(reader, at=at).named(chosen).first()
    return EvidencePage(
        form=form,
        preview=preview_of(model) if model else None,
        packs=packs,
        builders=labels_of(pack.built_by for pack in packs),
        ledger=ledger_state(),
    )


def pack_form(
    data: Mapping[str, str] | None, chosen: str, *, reader: User, at: datetime
) -> PackForm:
    names = Model.objects.visible_to(reader, at=at).order_by("name").values_list("name", flat=True)
    form = PackForm(data, initial={"model": chosen})
    form.offer(list(names))
    return form


def preview_of(model: Model) -> Preview:
    """Count, in five queries, what would be collected."""
    stream = LedgerStream.objects.filter(pk=stream_id(model.stream)).first()
    versions = ModelVersion.objects.filter(model=model)
    live = versions.filter(stage=Stage.PRODUCTION).order_by("-number").first()
    return Preview(
        model=model,
        entries=stream.seq if stream else 0,
        versions=versions.count(),
        live=live,
        sign_offs=SignOff.objects.filter(request__model=model).count(),
        gaps=_gaps(model, live),
    )


def _gaps(model: Model, live: ModelVersion | None) -> list[str]:
    gaps = [f"The inventory record lacks {gap}." for gap in model.gaps]
    if live is None:
        return [*gaps, "No version serves in Production."]
    if not live.card_revisions.exists():
        gaps.append(f"Version {live.number} has no published card.")
    if not live.reports.exists():
        gaps.append(f"Version {live.number} has no signed validation report.")
    return gaps


def pack_page(pack: Pack) -> PackPage:
    entries = LedgerEntry.objects.of_stream(STREAM).filter(subject=pack.ref)
    return PackPage(
        pack=pack,
        built_by=labels_of([pack.built_by]).get(pack.built_by, pack.built_by),
        entry=entries.order_by("seq").first(),
        files=(
            (pack.pdf_name, "PDF with the evidence attached", pack.pdf_size),
            (EVIDENCE_NAME, "The evidence alone, as JSON", pack.evidence_size),
            (VERIFIER_NAME, "The verifier: one file, needs only Python", 0),
        ),
    )
