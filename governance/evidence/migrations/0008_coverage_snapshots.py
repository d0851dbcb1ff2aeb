import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0007_entries_of_one_act"),
        ("inventory", "0027_views_of_any_list"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("evidence", "0007_inapplicabilities"),
    ]

    operations = [
        migrations.CreateModel(
            name="CoverageSnapshot",
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
                ("subject", models.CharField(max_length=60)),
                ("framework", models.CharField(max_length=62)),
                ("version", models.CharField(max_length=60)),
                ("states_text", models.TextField()),
                ("complete", models.PositiveIntegerField()),
                ("partial", models.PositiveIntegerField()),
                ("none", models.PositiveIntegerField()),
                ("not_applicable", models.PositiveIntegerField()),
                ("unknown", models.PositiveIntegerField()),
                ("taken_at", models.DateTimeField()),
                (
                    "model",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="coverage_snapshots",
                        to="inventory.model",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subject", "framework", "taken_at"),
                        name="coverage_counted_once_at_a_time",
                    )
                ],
            },
        ),
    ]
