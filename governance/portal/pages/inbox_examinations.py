"""What examiners ask for that waits for the reader."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from governance.accounts.models import User
from governance.evidence.models import InformationRequest
from governance.evidence.queries.examining import requests_to_answer, requests_to_assign
from governance.portal import evidence_links
from governance.portal.pages.inbox import Item


def examination_items(reader: User, *, at: datetime) -> Iterator[Item]:
    """What the reader was given to answer, and what they have to give to somebody."""
    for one in requests_to_answer(reader, at=at):
        yield _item(one, "Answer", "It was given to you to answer.")
    for one in requests_to_assign(reader, at=at):
        yield _item(one, "Give somebody to answer", "Nobody was given it yet.")


def _item(one: InformationRequest, verb: str, why: str) -> Item:
    return Item(
        tone="ink",
        icon="comment",
        label="Examination",
        title=f"{verb} request {one.number}, “{one.subject}”",
        href=evidence_links.information_request(one),
        why=f"“{one.examination.title}” asks for it. {why}",
        tier=one.model.tier if one.model else None,
        since=one.raised_at,
        due=one.wished_date,
    )
