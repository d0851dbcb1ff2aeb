"""Many writers and a double click, at once: one text wins, and the others are told."""

from __future__ import annotations

import pytest

from governance.audit.verification import verify
from governance.cards.actions import publish_card, save_draft
from governance.cards.models import CardDraft, CardRevision
from governance.cards.rules.editing import DraftChanged
from governance.cards.rules.revisions import CardUnchanged
from governance.core.errors import DomainError
from governance.validation.actions import save_validation, sign_validation
from governance.validation.models import Finding, Report, Validation
from governance.validation.queries import pending_report
from governance.validation.rules import ValidationRecord, ValidationSigned
from tests import factories as f
from tests.properties.test_races import at_once
from tests.reviewing import card_sections, entries

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]

THREADS = 8


@pytest.fixture
def cast() -> f.Cast:
    return f.make_cast()


def refusals(answers: list[object]) -> list[type]:
    return [type(answer) for answer in answers if isinstance(answer, DomainError)]


def test_one_of_many_first_saves_wins(cast: f.Cast) -> None:
    version = f.make_version(cast, f.make_model(cast))
    answers = at_once(
        lambda i: save_draft(
            version=version, sections={"task": f"Text {i}"}, base=0, actor=cast.owner, at=f.NOON
        ),
        THREADS,
    )
    assert refusals(answers) == [DraftChanged] * (THREADS - 1)
    assert CardDraft.objects.get().edit_count == 1
    assert verify().intact


def test_a_card_is_published_once(cast: f.Cast) -> None:
    version = f.make_version(cast, f.make_model(cast))
    save_draft(version=version, sections=card_sections(), base=0, actor=cast.owner, at=f.NOON)
    answers = at_once(lambda _: publish_card(version=version, actor=cast.owner, at=f.NOON), THREADS)
    assert refusals(answers) == [CardUnchanged] * (THREADS - 1)
    assert CardRevision.objects.count() == 1
    assert verify().intact


def test_a_report_is_signed_once(cast: f.Cast) -> None:
    version = f.make_version(cast, f.make_model(cast))
    record = ValidationRecord(
        scope="All.", opinion="FIT", summary="Good.", findings=[f.due_finding()]
    )
    validation = save_validation(
        version=version, record=record, base=0, actor=cast.validator, at=f.NOON
    )
    seen = pending_report(validation).digest
    answers = at_once(
        lambda _: sign_validation(
            validation=Validation.objects.select_related("version__model").get(pk=validation.pk),
            digest_seen=seen,
            proof=f.make_proof(cast.validator),
            actor=cast.validator,
            at=f.NOON,
        ),
        THREADS,
    )
    assert refusals(answers) == [ValidationSigned] * (THREADS - 1)
    assert (Report.objects.count(), Finding.objects.count()) == (1, 1)
    assert len(entries("validation.signed")) == 1
    assert verify().intact
