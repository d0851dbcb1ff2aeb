import uuid

import django.db.models.deletion
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_removed_models_and_former_names"),
        ("registry", "0003_slots_aliases_and_shares"),
    ]

    operations = [
        migrations.CreateModel(
            name="ArtifactCheck",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "salt",
                    models.CharField(
                        default=governance.core.models.new_salt, editable=False, max_length=32
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("MATCH", "Same as registered"),
                            ("MISMATCH", "Differs from what was registered"),
                            ("UNREADABLE", "Source cannot be read"),
                        ],
                        max_length=10,
                    ),
                ),
                ("differences_text", models.TextField(default="[]")),
                ("files", models.PositiveIntegerField()),
                ("checked_by", models.CharField(max_length=60)),
                ("checked_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="artifact",
            name="origin",
            field=models.CharField(
                choices=[
                    ("GIVEN", "Given at registration"),
                    ("COMPUTED", "Computed by the portal"),
                ],
                default="GIVEN",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="artifact",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin__in", ["GIVEN", "COMPUTED"])),
                name="artifact_origin_is_known",
            ),
        ),
        migrations.AddField(
            model_name="artifactcheck",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="artifact_checks",
                to="registry.modelversion",
            ),
        ),
        migrations.AddIndex(
            model_name="artifactcheck",
            index=models.Index(fields=["version", "-checked_at"], name="artifact_check_newest"),
        ),
        migrations.AddConstraint(
            model_name="artifactcheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["MATCH", "MISMATCH", "UNREADABLE"])),
                name="artifact_check_outcome_is_known",
            ),
        ),
    ]
