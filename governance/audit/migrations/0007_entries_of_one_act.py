from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0006_target_tries"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["request_id"], name="entry_request"),
        ),
    ]
