import uuid

import django.db.models.deletion
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [("evidence", "0010_models_of_packs")]

    operations = [
        migrations.CreateModel(
            name="PackDownload",
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
                ("name", models.CharField(max_length=60)),
                ("downloaded_by", models.CharField(max_length=60)),
                ("downloaded_at", models.DateTimeField()),
                (
                    "pack",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="downloads",
                        to="evidence.pack",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["pack", "-downloaded_at"], name="download_by_pack")
                ],
            },
        ),
    ]
