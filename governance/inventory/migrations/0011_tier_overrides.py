import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_delegations"),
        ("audit", "0001_initial"),
        ("inventory", "0010_assessments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TierOverride",
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
                    "to_tier",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Tier 1 (critical)"),
                            (2, "Tier 2 (high)"),
                            (3, "Tier 3 (medium)"),
                            (4, "Tier 4 (low)"),
                        ]
                    ),
                ),
                ("ends_date", models.DateField(null=True)),
                ("proposed_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="TierOverrideApproval",
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
                ("capacity", models.CharField(max_length=60)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("MODEL_OWNER", "Model owner"),
                            ("DEVELOPER", "Developer"),
                            ("VALIDATOR", "Validator"),
                            ("APPROVER", "Approver"),
                            ("COMPLIANCE", "Compliance"),
                            ("HEAD_OF_MODEL_RISK", "Head of model risk"),
                            ("ADMINISTRATOR", "Administrator"),
                        ],
                        max_length=20,
                    ),
                ),
                ("override_digest", models.CharField(max_length=64)),
                ("proof", models.CharField(max_length=20)),
                ("approved_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="model",
            name="tier_after",
            field=models.PositiveSmallIntegerField(
                choices=[
                    (1, "Tier 1 (critical)"),
                    (2, "Tier 2 (high)"),
                    (3, "Tier 3 (medium)"),
                    (4, "Tier 4 (low)"),
                ],
                editable=False,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="model",
            name="tier_until",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="model",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("tier_after", None), ("tier_until", None)),
                    models.Q(("tier_after__in", [1, 2, 3, 4]), ("tier_until__isnull", False)),
                    _connector="OR",
                ),
                name="model_tier_says_what_follows_it",
            ),
        ),
        migrations.AddField(
            model_name="tieroverride",
            name="assessment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tier_overrides",
                to="inventory.assessment",
            ),
        ),
        migrations.AddField(
            model_name="tieroverride",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="tieroverride",
            name="rationale",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.prose"
            ),
        ),
        migrations.AddField(
            model_name="tierassessment",
            name="override",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.tieroverride",
            ),
        ),
        migrations.AddField(
            model_name="tieroverrideapproval",
            name="approver",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="tieroverrideapproval",
            name="override",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="approvals",
                to="inventory.tieroverride",
            ),
        ),
        migrations.AddField(
            model_name="tieroverrideapproval",
            name="printed_name",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.prose"
            ),
        ),
        migrations.AddConstraint(
            model_name="tieroverride",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_tier__in", [1, 2, 3, 4])), name="overridden_tier_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="tieroverrideapproval",
            constraint=models.UniqueConstraint(
                fields=("override", "approver"), name="tier_override_approved_once_per_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="tieroverrideapproval",
            constraint=models.UniqueConstraint(
                fields=("override", "capacity"), name="tier_override_approved_once_per_capacity"
            ),
        ),
        migrations.AddConstraint(
            model_name="tieroverrideapproval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "MODEL_OWNER",
                            "DEVELOPER",
                            "VALIDATOR",
                            "APPROVER",
                            "COMPLIANCE",
                            "HEAD_OF_MODEL_RISK",
                            "ADMINISTRATOR",
                        ],
                    )
                ),
                name="tier_override_role_is_known",
            ),
        ),
    ]
