"""Lineage as rows. What a registration states becomes rows in the registration's own entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import invalid
from governance.core.models import Record
from governance.inventory.models import Model
from governance.inventory.queries import locked_model
from governance.registry.models import (
    DataSnapshot,
    LineageFact,
    ModelVersion,
    VersionInput,
    VersionParent,
)
from governance.registry.rules import (
    LINEAGE_TAG,
    LineageOrigin,
    StatedInput,
    StatedLineage,
    StatedParent,
    stated_lineage,
)


def insert_lineage(
    version: ModelVersion, *, visible: QuerySet[ModelVersion], at: datetime
) -> list[Record]:
    """Insert what a registration states as rows, for the caller's entry.

    `visible` are the versions that may be named as parents. Raises InvalidInput for a stated
    parent that is not among them; the source of a copy may well be elsewhere.
    """
    stated = stated_lineage(version.lineage, source=version.source)
    return insert_stated(version, stated, visible=visible, origin=LineageOrigin.REGISTERED, at=at)


@transaction.atomic
def derive_lineage(*, model: Model, actor: Actor, at: datetime) -> int:
    """Give versions that were registered before lineage was kept as rows the rows they state.

    Returns how many versions got any. Appends lineage.derived, listing the rows; nothing where
    there are none. Raises PermissionMissing.
    """
    model = locked_model(model)
    require(actor, Permission.EVALUATION_RECORD, unit=model.unit, at=at)
    rows = {version: _derived(version, at=at) for version in _without_rows(model)}
    derived = [version for version in rows if rows[version]]
    if derived:
        audit.append(
            verb=Verb.LINEAGE_DERIVED,
            stream=model.stream,
            subject=model.ref,
            actor=actor.ref,
            at=at,
            facts={"versions": len(derived)},
            records=_once(row for version in derived for row in rows[version]),
        )
    return len(derived)


def _without_rows(model: Model) -> QuerySet[ModelVersion]:
    inputs, parents, facts = (
        Exists(table.objects.filter(version=OuterRef("pk"), origin=LineageOrigin.REGISTERED))
        for table in (VersionInput, VersionParent, LineageFact)
    )
    versions = model.versions.filter(~inputs, ~parents, ~facts)
    return versions.select_related("model", "registered_by").order_by("number")


def _derived(version: ModelVersion, *, at: datetime) -> list[Record]:
    """Insert what the registration stated; who registered it decides what it may name."""
    visible = ModelVersion.objects.visible_to(version.registered_by, at=at)
    return insert_lineage(version, visible=visible, at=at)


def insert_stated(
    version: ModelVersion,
    stated: StatedLineage,
    *,
    visible: QuerySet[ModelVersion],
    origin: LineageOrigin,
    at: datetime,
) -> list[Record]:
    """Insert those rows that are not there yet; return them with the snapshots they point to.

    Snapshots are listed whether new or not, so that whoever has the entry has them too.
    """
    snapshots = {(said.name, said.digest): _snapshot(said) for said in stated.inputs}
    inputs = list(_new_inputs(version, stated.inputs, snapshots, origin=origin, at=at))
    parents = list(_new_parents(version, stated.parents, visible, origin=origin, at=at))
    facts = list(_new_facts(version, stated, origin=origin, at=at))
    VersionInput.objects.bulk_create(inputs)
    VersionParent.objects.bulk_create(parents)
    LineageFact.objects.bulk_create(facts)
    return _once([*(row.snapshot for row in inputs), *inputs, *parents, *facts])


def _once(records: Iterable[Record]) -> list[Record]:
    return list({record.ref: record for record in records}.values())


def _snapshot(said: StatedInput) -> DataSnapshot:
    return DataSnapshot.objects.get_or_create(
        name=said.name,
        digest=said.digest,
        defaults={"revision": said.revision},
    )[0]


def _new_inputs(
    version: ModelVersion,
    inputs: Sequence[StatedInput],
    snapshots: dict[tuple[str, str], DataSnapshot],
    *,
    origin: LineageOrigin,
    at: datetime,
) -> Iterator[VersionInput]:
    """Yield what says more than is known: rows where none were known, but not the reverse."""
    rows = version.inputs.values_list("snapshot_id", "purpose", "rows") if inputs else ()
    known = {(pk, purpose, count) for pk, purpose, count in rows}
    used = {(pk, purpose) for pk, purpose, _ in known}
    for said in inputs:
        snapshot = snapshots[said.name, said.digest]
        if said.rows is None and (snapshot.pk, said.purpose) in used:
            continue
        if (snapshot.pk, said.purpose, said.rows) not in known:
            yield VersionInput(
                version=version,
                snapshot=snapshot,
                purpose=said.purpose,
                rows=said.rows,
                period_start=said.period_start,
                period_end=said.period_end,
                origin=origin,
                recorded_at=at,
            )


def _new_parents(
    version: ModelVersion,
    parents: Sequence[StatedParent],
    visible: QuerySet[ModelVersion],
    *,
    origin: LineageOrigin,
    at: datetime,
) -> Iterator[VersionParent]:
    known = set(version.parents.values_list("parent_id", flat=True)) if parents else set()
    for said in parents:
        named = Model.objects.named(said.model)
        parent = visible.filter(model__in=named, number=said.number).first()
        if parent is None and said.field:
            field = f"tags.{LINEAGE_TAG}.{said.field}"
            message = f"{field}: {said.model} version {said.number} does not exist."
            raise invalid(field, "exists", message)
        if parent is not None and parent != version and parent.pk not in known:
            known.add(parent.pk)
            yield VersionParent(
                version=version,
                parent=parent,
                relation=said.relation,
                origin=origin,
                recorded_at=at,
            )


def _new_facts(
    version: ModelVersion, stated: StatedLineage, *, origin: LineageOrigin, at: datetime
) -> Iterator[LineageFact]:
    """Yield facts by kind and value: where a commit lies is told once."""
    facts = version.lineage_facts.values_list("kind", "name", "value") if stated.facts else ()
    known = set(facts)
    commits = {(kind, value) for kind, name, value in known if not name}
    for said in stated.facts:
        new = (said.kind, said.name, said.value) not in known
        if new and (said.kind, said.value) not in commits:
            yield LineageFact(
                version=version,
                kind=said.kind,
                name=said.name,
                value=said.value,
                origin=origin,
                recorded_at=at,
            )
