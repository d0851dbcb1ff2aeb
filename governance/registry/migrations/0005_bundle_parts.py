import uuid

import django.db.models.deletion
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_removed_models_and_former_names"),
        ("registry", "0004_artifact_checks"),
    ]

    operations = [
        migrations.CreateModel(
            name="BundlePart",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("BASE_MODEL", "Base model"),
                            ("ADAPTER", "Adapter"),
                            ("SYSTEM_PROMPT", "System prompt"),
                            ("TOOL", "Tool"),
                            ("RETRIEVAL_INDEX", "Retrieval index"),
                            ("GUARDRAIL", "Guardrail"),
                        ],
                        max_length=16,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("revision", models.CharField(blank=True, max_length=100)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="registry.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "kind", "name"), name="bundle_part_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "BASE_MODEL",
                                    "ADAPTER",
                                    "SYSTEM_PROMPT",
                                    "TOOL",
                                    "RETRIEVAL_INDEX",
                                    "GUARDRAIL",
                                ],
                            )
                        ),
                        name="bundle_part_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sha256", ""), _negated=True),
                            models.Q(("revision", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="bundle_part_is_pinned",
                    ),
                ],
            },
        ),
    ]
