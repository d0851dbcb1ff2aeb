from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0012_lineage_events_and_their_matches")]

    operations = [
        migrations.AddIndex(
            "modelversion",
            models.Index(
                condition=models.Q(("run_id", ""), _negated=True),
                fields=["run_id"],
                name="version_by_run",
            ),
        ),
    ]
