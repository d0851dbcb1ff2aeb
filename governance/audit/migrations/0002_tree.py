import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="LedgerSequence",
            fields=[
                (
                    "stream",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="sequence",
                        serialize=False,
                        to="audit.ledgerstream",
                    ),
                ),
                ("seq", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="LedgerTile",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("level", models.PositiveSmallIntegerField()),
                ("number", models.PositiveBigIntegerField()),
                ("hashes", models.BinaryField()),
                ("root", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("level", "number"), name="tile_unique_in_level")
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerLeaf",
            fields=[
                (
                    "index",
                    models.PositiveBigIntegerField(
                        editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("seq", models.PositiveBigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leaves",
                        to="audit.ledgerstream",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("stream", "seq"), name="leaf_unique_in_stream")
                ],
            },
        ),
    ]
