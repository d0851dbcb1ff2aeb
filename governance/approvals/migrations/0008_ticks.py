import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0007_conditions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tick",
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
                ("check_id", models.CharField(max_length=80)),
                ("holds", models.BooleanField()),
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
                ("ticked_at", models.DateTimeField()),
                (
                    "note",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.prose",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ticks",
                        to="approvals.promotionrequest",
                    ),
                ),
                (
                    "ticked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
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
                        name="tick_role_is_known",
                    )
                ],
            },
        ),
    ]
