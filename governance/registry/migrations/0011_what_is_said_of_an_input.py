from django.db import migrations, models


class Migration(migrations.Migration):
    """What differs by source goes from the snapshot to its use. Nothing has written rows so far."""

    dependencies = [("registry", "0010_when_an_instance_was_last_heard")]

    operations = [
        migrations.RemoveConstraint("datasnapshot", "data_period_runs_forward"),
        migrations.RemoveConstraint("versioninput", "version_input_once"),
        migrations.RemoveField("datasnapshot", "first_seen_at"),
        migrations.RemoveField("datasnapshot", "period_end"),
        migrations.RemoveField("datasnapshot", "period_start"),
        migrations.RemoveField("datasnapshot", "rows"),
        migrations.AddField(
            "datasnapshot", "revision", models.CharField(blank=True, max_length=300)
        ),
        migrations.AlterField(
            "datasnapshot", "digest", models.CharField(blank=True, max_length=100)
        ),
        migrations.AddField("versioninput", "period_end", models.DateField(null=True)),
        migrations.AddField("versioninput", "period_start", models.DateField(null=True)),
        migrations.AddField("versioninput", "rows", models.BigIntegerField(null=True)),
        migrations.AddConstraint(
            "versioninput",
            models.UniqueConstraint(
                fields=("version", "snapshot", "purpose", "rows"), name="version_input_once"
            ),
        ),
        migrations.AddConstraint(
            "versioninput",
            models.UniqueConstraint(
                condition=models.Q(("rows", None)),
                fields=("version", "snapshot", "purpose"),
                name="version_input_without_rows_once",
            ),
        ),
        migrations.AddConstraint(
            "versioninput",
            models.CheckConstraint(
                condition=models.Q(
                    ("period_start", None),
                    ("period_end", None),
                    ("period_start__lte", models.F("period_end")),
                    _connector="OR",
                ),
                name="data_period_runs_forward",
            ),
        ),
    ]
