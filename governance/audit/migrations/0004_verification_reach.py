from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_checkpoints"),
    ]

    operations = [
        migrations.AddField(
            model_name="verification",
            name="anchored",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="verification",
            name="rows",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="verification",
            name="since",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="verification",
            name="size",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
    ]
