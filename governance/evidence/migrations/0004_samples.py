import uuid

import django.db.models.deletion
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0003_populations"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sample",
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
                    "method",
                    models.CharField(
                        choices=[
                            ("RANDOM", "Random"),
                            ("PROPORTIONATE", "Stratified, in proportion"),
                            ("PER_STRATUM", "Stratified, so many of each"),
                        ],
                        max_length=20,
                    ),
                ),
                ("stratum", models.CharField(blank=True, max_length=30)),
                ("seed", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("drawn", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("drawn_by", models.CharField(max_length=60)),
                ("drawn_at", models.DateTimeField()),
                (
                    "population",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="samples",
                        to="evidence.population",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["RANDOM", "PROPORTIONATE", "PER_STRATUM"])),
                name="sample_method_is_known",
            ),
        ),
    ]
