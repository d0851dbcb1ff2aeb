"""Revision 1 of every record that was there before records were kept in revisions.

What a record said earlier was kept by nobody, so the row is dated by the last change of its model
and marked as carried over. No entry lists it: the ledger tells of acts, and this is none.
"""

from django.db import migrations

from governance.audit.rules import front_of, prose_digest
from governance.core.canonical import canonical
from governance.core.models import new_salt

KEPT = (
    "purpose", "intended_use", "kind", "owner_id", "validator_id", "tier", "ai_act_class",
    "jurisdictions", "tracking_uri", "origin", "excluded_use", "products", "inputs", "outputs",
    "users", "overlays", "limitations", "restrictions", "vendor_name", "vendor_product",
    "vendor_release", "contract_reference", "contract_end_date", "first_use_date",
)  # fmt: skip
"""What an owner keeps, as `record_values` has it; no model had values in the firm's fields."""
AT_ONCE = 500


def carry_over(apps, schema_editor):
    Model = apps.get_model("inventory", "Model")
    waiting = Model.objects.filter(revisions=None).prefetch_related("developers")
    # Listed first: rows that are written below would drop out of the query while it is read.
    keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        _carry(apps, waiting.filter(pk__in=keys[start : start + AT_ONCE]))


def _carry(apps, models):
    Prose = apps.get_model("audit", "Prose")
    RecordRevision = apps.get_model("inventory", "RecordRevision")
    texts, revisions = [], []
    for model in models:
        text = Prose(**_prose(canonical(_values(model))))
        texts.append(text)
        revisions.append(
            RecordRevision(
                model=model,
                number=1,
                content=text,
                owner_id=model.owner_id,
                kind=model.kind,
                is_complete=_is_complete(model),
                is_carried=True,
                written_by="system:migration",
                written_at=model.updated_at,
            )
        )
    Prose.objects.bulk_create(texts)
    RecordRevision.objects.bulk_create(revisions)


def _prose(text):
    salt = new_salt()
    digest = prose_digest(salt=salt, text=text)
    return {"id": front_of(digest), "text": text, "salt": salt, "digest": digest}


def _values(model):
    developers = sorted(str(user.pk) for user in model.developers.all())
    return {name: getattr(model, name) for name in KEPT} | {"developers": developers}


def _is_complete(model):
    texts = (model.purpose, model.intended_use, model.kind)
    return all(texts) and model.owner_id is not None and model.tier is not None


class Migration(migrations.Migration):
    dependencies = [("inventory", "0015_record_revisions")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
