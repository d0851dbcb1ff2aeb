import uuid

import django.db.models.deletion
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_removed_models_and_former_names"),
        ("registry", "0006_lineage_rows"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeploymentReport",
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
                ("slot_name", models.CharField(max_length=80)),
                ("reported_version", models.CharField(max_length=20)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("instance", models.CharField(max_length=200)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("AGREES", "Runs what was approved"),
                            ("SUPERSEDED", "Runs what was approved before"),
                            ("UNAPPROVED", "Runs what nobody approved"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reported_by", models.CharField(max_length=60)),
                ("reported_at", models.DateTimeField()),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployment_reports",
                        to="inventory.model",
                    ),
                ),
                (
                    "slot",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="registry.slot",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployment_reports",
                        to="registry.modelversion",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["model", "slot_name", "instance", "-reported_at"],
                        name="deployment_newest",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["AGREES", "SUPERSEDED", "UNAPPROVED"])),
                        name="deployment_verdict_is_known",
                    )
                ],
            },
        ),
    ]
