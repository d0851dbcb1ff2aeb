import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("inventory", "0019_live_since"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelChange",
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
                ("number", models.PositiveIntegerField()),
                ("kinds", models.JSONField()),
                (
                    "materiality",
                    models.CharField(
                        choices=[("MATERIAL", "Material"), ("MINOR", "Minor")], max_length=10
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("proposed_at", models.DateTimeField()),
                (
                    "content",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.prose",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="inventory.model",
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
            ],
        ),
        migrations.CreateModel(
            name="ChangeDecision",
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
                            ("ACCEPTED", "Accepted"),
                            ("DECLINED", "Declined"),
                            ("WITHDRAWN", "Withdrawn"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "materiality",
                    models.CharField(
                        blank=True,
                        choices=[("MATERIAL", "Material"), ("MINOR", "Minor")],
                        max_length=10,
                    ),
                ),
                ("proof", models.CharField(blank=True, max_length=20)),
                ("decided_at", models.DateTimeField()),
                (
                    "comment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.prose",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "change",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decision",
                        to="inventory.modelchange",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="modelchange",
            constraint=models.UniqueConstraint(
                fields=("model", "number"), name="change_once_per_model"
            ),
        ),
        migrations.AddConstraint(
            model_name="modelchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("materiality__in", ["MATERIAL", "MINOR"])),
                name="change_is_material_or_minor",
            ),
        ),
        migrations.AddConstraint(
            model_name="changedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("materiality__in", ["MATERIAL", "MINOR"]), ("outcome", "ACCEPTED")),
                    models.Q(("materiality", ""), ("outcome__in", ("DECLINED", "WITHDRAWN"))),
                    _connector="OR",
                ),
                name="change_decision_is_whole",
            ),
        ),
    ]
