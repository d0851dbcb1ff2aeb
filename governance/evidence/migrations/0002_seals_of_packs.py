from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="pack",
            name="seal",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="pack",
            name="seal_holder",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="pack",
            name="seal_is_self_made",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="pack",
            name="timestamped_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="pack",
            name="timestamp_missing",
            field=models.CharField(blank=True, default="", max_length=300),
        ),
    ]
