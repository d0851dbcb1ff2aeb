import uuid

import django.db.models.deletion
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_removed_models_and_former_names"),
        ("registry", "0005_bundle_parts"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataSnapshot",
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
                ("name", models.CharField(max_length=300)),
                ("digest", models.CharField(max_length=100)),
                ("rows", models.BigIntegerField(null=True)),
                ("period_start", models.DateField(null=True)),
                ("period_end", models.DateField(null=True)),
                ("first_seen_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("digest", "name"), name="data_snapshot_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("period_start", None),
                            ("period_end", None),
                            ("period_start__lte", models.F("period_end")),
                            _connector="OR",
                        ),
                        name="data_period_runs_forward",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LineageEvent",
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
                ("run_id", models.CharField(max_length=100)),
                ("event_type", models.CharField(blank=True, max_length=12)),
                ("text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("event_time", models.DateTimeField()),
                ("received_from", models.CharField(max_length=60)),
                ("received_at", models.DateTimeField()),
                (
                    "version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lineage_events",
                        to="registry.modelversion",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["run_id"], name="lineage_event_by_run")],
                "constraints": [
                    models.UniqueConstraint(fields=("digest",), name="lineage_event_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LineageFact",
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
                            ("GIT_COMMIT", "Commit"),
                            ("FEATURE_CODE", "Feature code"),
                            ("CONTAINER_IMAGE", "Container image"),
                            ("PARAMETER", "Parameter"),
                        ],
                        max_length=16,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=300)),
                ("value", models.CharField(max_length=500)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("REGISTERED", "Stated at registration"),
                            ("OPENLINEAGE", "Reported by OpenLineage"),
                        ],
                        max_length=12,
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lineage_facts",
                        to="registry.modelversion",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "value"], name="lineage_fact_by_value")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "kind", "name", "value"), name="lineage_fact_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["GIT_COMMIT", "FEATURE_CODE", "CONTAINER_IMAGE", "PARAMETER"],
                            )
                        ),
                        name="lineage_fact_kind_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VersionInput",
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
                    "purpose",
                    models.CharField(
                        choices=[
                            ("TRAINING", "Training"),
                            ("EVALUATION", "Evaluation"),
                            ("OTHER", "Other"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("REGISTERED", "Stated at registration"),
                            ("OPENLINEAGE", "Reported by OpenLineage"),
                        ],
                        max_length=12,
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="registry.datasnapshot",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inputs",
                        to="registry.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "snapshot", "purpose"), name="version_input_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["TRAINING", "EVALUATION", "OTHER"])),
                        name="version_input_purpose_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("origin__in", ["REGISTERED", "OPENLINEAGE"])),
                        name="version_input_origin_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VersionParent",
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
                    "relation",
                    models.CharField(
                        choices=[
                            ("COPIED", "Copied from"),
                            ("FINE_TUNED", "Fine-tuned from"),
                            ("DISTILLED", "Distilled from"),
                            ("DERIVED", "Derived from"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("REGISTERED", "Stated at registration"),
                            ("OPENLINEAGE", "Reported by OpenLineage"),
                        ],
                        max_length=12,
                    ),
                ),
                ("recorded_at", models.DateTimeField()),
                (
                    "parent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="registry.modelversion",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parents",
                        to="registry.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "parent"), name="version_parent_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("version", models.F("parent")), _negated=True),
                        name="version_is_not_its_own_parent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("relation__in", ["COPIED", "FINE_TUNED", "DISTILLED", "DERIVED"])
                        ),
                        name="version_parent_relation_is_known",
                    ),
                ],
            },
        ),
    ]
