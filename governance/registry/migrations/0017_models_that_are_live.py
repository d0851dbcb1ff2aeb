from django.db import migrations
from django.db.models import Min

LIVE = ("CHAMPION", "CANARY")


def mark(apps, schema_editor):
    """Say of each model whose versions answer live traffic since when the first of them does."""
    assignments = apps.get_model("registry", "SlotAssignment").objects
    models = apps.get_model("inventory", "Model").objects
    live = assignments.filter(ended_at=None, role__in=LIVE).values("slot__model")
    for row in live.annotate(since=Min("assigned_at")):
        models.filter(pk=row["slot__model"]).update(live_since=row["since"])


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0019_live_since"),
        ("registry", "0016_versions_by_stage_label_and_digest"),
    ]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
