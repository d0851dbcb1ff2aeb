import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0008_ticks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Override",
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
                ("check_id", models.CharField(max_length=250)),
                ("check_digest", models.CharField(max_length=64)),
                ("expires_date", models.DateField()),
                ("proposed_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
                (
                    "control",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.prose",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overrides",
                        to="approvals.promotionrequest",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OverrideSignOff",
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
                ("meaning", models.CharField(max_length=300)),
                ("override_digest", models.CharField(max_length=64)),
                ("proof", models.CharField(max_length=20)),
                ("signed_at", models.DateTimeField()),
                ("binding", models.CharField(blank=True, max_length=100)),
                (
                    "override",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sign_offs",
                        to="approvals.override",
                    ),
                ),
                (
                    "printed_name",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.prose",
                    ),
                ),
                (
                    "signer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.UniqueConstraint(
                fields=("request", "digest"), name="override_once_per_request"
            ),
        ),
        migrations.AddConstraint(
            model_name="overridesignoff",
            constraint=models.UniqueConstraint(
                fields=("override", "signer"), name="override_signed_once_per_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="overridesignoff",
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
                name="override_signer_role_is_known",
            ),
        ),
    ]
