"""What was determined to be no model before the record said so, and whose tier came by no answers.

A record that lacked nothing but a tier is complete by that: a revision says so, from the time on
when it was determined. It is marked as carried over, and no entry lists it: the ledger tells of
acts, and this is none.
"""

import json

from django.db import migrations

from governance.audit.rules import front_of, prose_digest
from governance.core.models import new_salt


def mark_tools(apps, schema_editor):
    Determination = apps.get_model("inventory", "Determination")
    newest = {}
    rows = Determination.objects.select_related("questionnaire", "model").order_by("decided_at")
    for row in rows.iterator():
        newest[row.model_id] = row
    for row in newest.values():
        if not row.model.is_tool and _ends_scoring(row) and not _was_rated_since(apps, row):
            row.model.is_tool = True
            row.model.save(update_fields=["is_tool"])
            _revise(apps, row)


def _ends_scoring(row):
    rules = json.loads(row.questionnaire.content_text).get("scope_gate", {}).get("rules", ())
    return any(one["id"] == row.rule and not one["continue_scoring"] for one in rules)


def _was_rated_since(apps, row):
    ratings = apps.get_model("inventory", "TierAssessment").objects.exclude(assessment=None)
    return ratings.filter(model=row.model, assessed_at__gt=row.decided_at).exists()


def _revise(apps, row):
    """Copy the newest revision as a complete one, if all it lacked was the tier."""
    RecordRevision = apps.get_model("inventory", "RecordRevision")
    model = row.model
    revisions = RecordRevision.objects.filter(model=model).select_related("content")
    newest = revisions.order_by("-number").first()
    said = (model.owner_id, model.purpose, model.intended_use, model.kind)
    if newest is None or newest.is_complete or newest.content.erased_at or not all(said):
        return
    text, salt = newest.content.text, new_salt()
    stated = prose_digest(salt=salt, text=text)
    prose = apps.get_model("audit", "Prose").objects.create(
        id=front_of(stated), text=text, salt=salt, digest=stated
    )
    RecordRevision.objects.create(
        model=model,
        number=newest.number + 1,
        content=prose,
        owner_id=newest.owner_id,
        kind=newest.kind,
        is_complete=True,
        is_carried=True,
        written_by="system:migration",
        written_at=max(newest.written_at, row.decided_at),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("inventory", "0023_non_model_tools"),
    ]

    operations = [migrations.RunPython(mark_tools, migrations.RunPython.noop)]
