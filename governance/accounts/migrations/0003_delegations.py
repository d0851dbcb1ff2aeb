import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_head_of_model_risk"),
    ]

    operations = [
        migrations.CreateModel(
            name="Delegation",
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
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("given_at", models.DateTimeField()),
                (
                    "delegator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations_given",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "deputy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations_held",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reason",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.prose",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="delegations",
                        to="accounts.unit",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DelegationEnd",
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
                ("ended_at", models.DateTimeField()),
                ("ended_by", models.CharField(max_length=60)),
                (
                    "delegation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="end",
                        to="accounts.delegation",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("role__in", ("VALIDATOR", "APPROVER", "COMPLIANCE", "HEAD_OF_MODEL_RISK"))
                ),
                name="delegated_role_is_one_that_signs",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                name="delegation_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("deputy", models.F("delegator")), _negated=True),
                name="nobody_is_their_own_deputy",
            ),
        ),
    ]
