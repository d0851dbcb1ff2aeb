import uuid

import django.db.models.deletion
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_erasures_and_holds"),
        ("evidence", "0002_seals_of_packs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Population",
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
                ("kind", models.CharField(max_length=20)),
                ("since_date", models.DateField()),
                ("until_date", models.DateField()),
                ("text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("list_digest", models.CharField(max_length=64)),
                ("count", models.PositiveIntegerField()),
                ("rows", models.PositiveIntegerField()),
                ("told", models.PositiveIntegerField()),
                ("differences", models.PositiveIntegerField()),
                ("size", models.PositiveBigIntegerField(null=True)),
                ("extracted_by", models.CharField(max_length=60)),
                ("extracted_at", models.DateTimeField()),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.unit",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="population",
            index=models.Index(fields=["unit", "-extracted_at"], name="population_by_unit"),
        ),
    ]
