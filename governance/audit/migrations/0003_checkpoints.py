import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_tree"),
    ]

    operations = [
        migrations.CreateModel(
            name="LedgerCheckpoint",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("origin", models.CharField(max_length=200)),
                ("size", models.PositiveBigIntegerField()),
                ("root", models.CharField(max_length=64)),
                ("note", models.TextField()),
                ("made_at", models.DateTimeField()),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.ledgerentry",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["-size"], name="checkpoint_by_size")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("origin", "size"), name="checkpoint_unique_size"
                    )
                ],
            },
        ),
    ]
