"""Publishing questionnaires. A published version never changes; a newer one asks from then on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.accounts.models import Unit
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import root_unit
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.canonical import canonical, sha256_hex
from governance.core.errors import InvalidInput, invalid
from governance.inventory.models import QuestionnaireVersion
from governance.inventory.queries.assessments import approver_roles
from governance.inventory.queries.questionnaires import questionnaire_in_force
from governance.inventory.rules.assessments import Purpose, purpose_problems
from governance.inventory.rules.questionnaires import Questionnaire, read_questionnaire

STREAM = "firm"


@transaction.atomic
def publish_questionnaire(
    *, text: str, purpose: Purpose, actor: Actor, at: datetime
) -> QuestionnaireVersion:
    """Publish the questionnaire that the YAML text states; it asks from now on.

    What was assessed before keeps the version that it was assessed by. Publishing what asks
    already returns that version and appends nothing. Appends questionnaire.published. Raises
    InvalidInput naming each wrong place, with rule `version_taken` where other text has the
    version; PermissionMissing.
    """
    # The root unit stands for them all: of the first one there is no row to lock yet, and two at
    # once would get one number.
    list(Unit.objects.select_for_update(no_key=True).filter(pk=root_unit().pk))
    require(actor, Permission.QUESTIONNAIRE_PUBLISH, unit=root_unit(), at=at)
    questionnaire = read_questionnaire(text)
    if problems := list(purpose_problems(questionnaire, purpose, approvers=approver_roles())):
        raise InvalidInput(*problems)
    content = canonical(questionnaire.content)
    digest = sha256_hex(content.encode())
    newest = questionnaire_in_force(purpose)
    if newest is not None and newest.digest == digest:
        return newest
    _require_new(questionnaire)
    row = QuestionnaireVersion.objects.create(
        purpose=purpose,
        number=newest.number + 1 if newest else 1,
        key=questionnaire.id,
        version=questionnaire.version,
        title=questionnaire.title,
        kind=questionnaire.content["spec"]["kind"],
        text=text,
        content_text=content,
        digest=digest,
        published_by=actor.ref,
        published_at=at,
    )
    audit.append(
        verb=Verb.QUESTIONNAIRE_PUBLISHED,
        stream=STREAM,
        subject=row.ref,
        actor=actor.ref,
        at=at,
        facts={
            "purpose": purpose,
            "number": row.number,
            "key": row.key,
            "version": row.version,
            "digest": digest,
        },
        records=[row],
    )
    return row


def _require_new(questionnaire: Questionnaire) -> None:
    key, version = questionnaire.id, questionnaire.version
    if QuestionnaireVersion.objects.filter(key=key, version=version).exists():
        said = (
            f"{key} {version} was published before, and a published version never changes. Give "
            "this text a version of its own."
        )
        raise invalid("spec.version", "version_taken", said)
