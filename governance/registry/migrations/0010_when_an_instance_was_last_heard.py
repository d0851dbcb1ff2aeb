from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("registry", "0009_webhooks")]

    operations = [
        migrations.AddField(
            model_name="deploymentreport",
            name="last_seen_at",
            # Nothing has written a report before this column was there.
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
    ]
