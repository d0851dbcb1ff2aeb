"""What the tests of packs share: a pack of a model with every kind of record, and reading PDFs."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import page
import pypdf
from django.conf import settings
from django.db import transaction

from governance.accounts.rules import Role
from governance.approvals.rules.judgement import Decision
from governance.evidence.actions.making import make_pack
from governance.evidence.queries.scopes import scope_of_model
from governance.evidence.rules.packs import PackFiles
from governance.evidence.rules.scopes import PackScope
from governance.inventory.models import Model
from governance.registry.rules import Stage
from tests.factories import (
    NOON,
    Cast,
    ask,
    due_finding,
    make_card,
    make_cast,
    make_champion,
    make_model,
    make_policies,
    make_report,
    make_version,
    sign,
)


@contextmanager
def of_a_module(blocker: Any) -> Iterator[None]:
    """What is made here is there for a whole module of tests; checkpoints can be signed too."""
    settings.LEDGER_SIGNER_FILE.unlink(missing_ok=True)
    whole = transaction.atomic()
    whole._from_testcase = True  # As Django marks its own: a durable block may begin within.
    with blocker.unblock(), whole:
        yield
        transaction.set_rollback(True)


def quietly(number: int, of: int, words: str) -> None:
    """Watch a pack being built and say nothing."""


def full_model(cast: Cast | None = None, *, name: str = "churn-model") -> tuple[Cast, Model]:
    """A model with a champion, a refused version, a finding, and a rejected request."""
    cast = cast or make_cast()
    make_policies(cast)
    model = make_model(cast, name=name, tier=1)
    make_champion(cast, make_version(cast, model))
    refused = make_version(cast, model, metrics={"accuracy": "0.8225"})
    ask(cast, refused, Stage.STAGING)
    third = make_version(cast, model, metrics={"accuracy": "0.95"})
    make_card(cast, third)
    make_report(cast, third, opinion="FIT_WITH_CONDITIONS", findings=[due_finding("MEDIUM")])
    ask(cast, third, Stage.STAGING)
    request = ask(cast, third, Stage.PRODUCTION).request
    assert request
    sign(
        request,
        cast.approver,
        Role.APPROVER,
        decision=Decision.REJECT,
        comment="The thin slice is too thin.",
    )
    return cast, model


def read_against(model: Model) -> PackScope:
    """Everything about the model, and one framework."""
    return replace(scope_of_model(model), frameworks=("sr-26-2",))


def pack_of(
    model: Model,
    *,
    by: str,
    at: datetime = NOON,
    scope: PackScope | None = None,
    report: Callable[[int, int, str], None] = quietly,
) -> PackFiles:
    return make_pack(scope or read_against(model), by=by, at=at, report=report)


def text_of(pdf: bytes | pypdf.PdfReader) -> str:
    """The text of all pages, with what stands in one line joined by spaces."""
    reader = pypdf.PdfReader(io.BytesIO(pdf)) if isinstance(pdf, bytes) else pdf
    return " ".join(" ".join(p.extract_text().split()) for p in reader.pages)


def violations(pdf: bytes, profile: page.ValidationProfile) -> list[str]:
    """The rules of the profile that the PDF breaks.

    The validator takes a stream whose data end in a carriage return for one of the wrong length;
    that rule counts only when the lengths are really wrong.
    """
    found = [f.rule_id for f in page.validate_pdf_bytes(pdf, profile=profile).failures]
    return [rule for rule in found if "STREAM-LENGTH" not in rule or not lengths_are_right(pdf)]


def lengths_are_right(pdf: bytes) -> bool:
    heads = re.finditer(rb"/Length (\d+)[^\n]*>>\nstream\n", pdf)
    ends = [head.end() + int(head.group(1)) for head in heads]
    return bool(ends) and all(pdf[end : end + 10] == b"\nendstream" for end in ends)
