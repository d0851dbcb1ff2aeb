import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_verification_reach"),
    ]

    operations = [
        migrations.CreateModel(
            name="CheckpointCopy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("target", models.CharField(max_length=200)),
                ("cosignatures", models.PositiveSmallIntegerField(default=0)),
                ("receipt", models.TextField()),
                ("at", models.DateTimeField()),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="copies",
                        to="audit.ledgercheckpoint",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["target", "-at"], name="copy_by_target")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("checkpoint", "target", "cosignatures"),
                        name="copy_unique_at_target",
                    )
                ],
            },
        ),
    ]
