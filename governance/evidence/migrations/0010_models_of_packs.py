import uuid

import django.db.models.deletion
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [("evidence", "0009_what_packs_are_of")]

    operations = [
        migrations.CreateModel(
            name="PackModel",
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
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pack_memberships",
                        to="inventory.model",
                    ),
                ),
                (
                    "pack",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="evidence.pack",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["pack", "model"], name="model_once_in_a_pack")
                ],
            },
        ),
    ]
