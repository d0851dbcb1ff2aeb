"""The demo's model cards: what people wrote, typed and drew, and what others said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.cards.actions import comment_on_section, publish_card, save_draft, write_draft
from governance.cards.formats.pictures import media_type_of
from governance.cards.models import CardRevision
from governance.cards.rules.editing import DataRow, NumberRow, SectionEdit
from governance.cards.rules.model_card import Figure
from governance.cards.rules.sections import BY_KEY
from governance.core.canonical import sha256_hex
from governance.demo.people import DATA
from governance.registry.models import ModelVersion

Tick = Callable[..., datetime]


def publish(
    version: ModelVersion,
    said: Mapping[str, Any],
    *,
    developer: User,
    owner: User,
    person: Callable[[str], User],
    tick: Tick,
) -> CardRevision:
    """Write the texts as the developer, then what stands beside them; publish it as the owner."""
    texts = {key: text for key, text in said.items() if key in BY_KEY}
    save_draft(version=version, sections=texts, base=None, actor=developer, at=tick(hours=3))
    for key, facts in said.get("facts", {}).items():
        edit, files = _edit(key, texts[key], facts)
        at = tick()
        write_draft(
            version=version, edit=edit, base=None, actor=developer, at=at, attachments=files
        )
    revision = publish_card(version=version, actor=owner, at=tick(hours=2))
    for remark in said.get("comments", ()):
        comment_on_section(
            version=version,
            section=remark["section"],
            text=remark["text"],
            actor=person(remark["by"]),
            at=tick(hours=1),
            revision=revision,
        )
    return revision


def _edit(key: str, text: str, facts: Mapping[str, Any]) -> tuple[SectionEdit, Mapping[str, bytes]]:
    files: dict[str, bytes] = {}
    figures: list[Figure] = []
    for name, description in facts.get("figures", {}).items():
        data = (DATA / name).read_bytes()
        digest = sha256_hex(data)
        files[digest] = data
        figures.append(
            Figure(
                digest=digest,
                media_type=media_type_of(data),
                name=name,
                description=description,
                section=key,
            )
        )
    datasets = facts.get("datasets")
    edit = SectionEdit(
        key=key,
        text=text,
        metrics=_rows(facts, "metrics"),
        quantities=_rows(facts, "quantities"),
        datasets=tuple(DataRow(**row) for row in datasets) if datasets else None,
        figures=tuple(figures) or None,
        notes=facts.get("notes"),
    )
    return edit, files


def _rows(facts: Mapping[str, Any], name: str) -> tuple[NumberRow, ...] | None:
    return tuple(NumberRow(**row) for row in facts[name]) if name in facts else None
