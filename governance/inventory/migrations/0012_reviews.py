import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_delegations"),
        ("audit", "0001_initial"),
        ("inventory", "0011_tier_overrides"),
    ]

    operations = [
        migrations.CreateModel(
            name="Review",
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
                    models.CharField(choices=[("PERIODIC", "Periodic review")], max_length=12),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("NO_CHANGE", "No change"),
                            ("CHANGE_NEEDED", "Change needed"),
                            ("RETIRE", "To be retired"),
                        ],
                        max_length=15,
                    ),
                ),
                ("reviewed_at", models.DateTimeField()),
                ("record_digest", models.CharField(max_length=64)),
                ("tier", models.PositiveSmallIntegerField(null=True)),
                ("next_review_date", models.DateField()),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="inventory.model",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "words",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.prose",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(fields=["model", "reviewed_at"], name="review_by_model"),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["PERIODIC"])), name="review_kind_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["NO_CHANGE", "CHANGE_NEEDED", "RETIRE"])),
                name="review_outcome_is_known",
            ),
        ),
    ]
