"""What a pack is of stands on it. Those that there are keep what they say: each is of its model."""

import django.db.models.deletion
from django.db import migrations, models

KINDS = [
    ("MODEL", "One model"),
    ("VERSION", "One version"),
    ("DECISION", "One decision"),
    ("PORTFOLIO", "Several models"),
    ("TRAIL", "An audit trail"),
    ("SAMPLE", "A sample"),
    ("AS_OF", "As of a day"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0008_coverage_snapshots"),
        ("inventory", "0027_views_of_any_list"),
    ]

    operations = [
        migrations.AddField(
            model_name="pack",
            name="kind",
            field=models.CharField(blank=True, choices=KINDS, default="", max_length=12),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="pack",
            name="scope",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="pack",
            name="streams",
            field=models.CharField(blank=True, default="", max_length=100),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="pack",
            name="head",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="pack",
            name="model",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="packs",
                to="inventory.model",
            ),
        ),
        migrations.AddIndex(
            model_name="pack",
            index=models.Index(fields=["-built_at"], name="pack_newest_first"),
        ),
        migrations.AddConstraint(
            model_name="pack",
            constraint=models.CheckConstraint(
                condition=models.Q(kind="") | models.Q(kind__in=[value for value, _ in KINDS]),
                name="pack_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="pack",
            constraint=models.CheckConstraint(
                condition=models.Q(model__isnull=False) | ~models.Q(scope=""),
                name="pack_is_of_something",
            ),
        ),
    ]
