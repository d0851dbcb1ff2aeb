import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0009_overrides"),
    ]

    operations = [
        migrations.CreateModel(
            name="EvidenceOpening",
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
                ("page", models.CharField(max_length=20)),
                ("opened_at", models.DateTimeField()),
                (
                    "reader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="openings",
                        to="approvals.promotionrequest",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("request", "reader", "page"), name="evidence_opened_first_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Lapse",
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
                ("rule", models.CharField(max_length=40)),
                ("since", models.DateTimeField()),
                ("noted_at", models.DateTimeField()),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lapses",
                        to="approvals.promotionrequest",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("request", "rule", "since"), name="lapse_noted_once_per_rule"
                    )
                ],
            },
        ),
    ]
