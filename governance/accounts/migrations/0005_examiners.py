from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_erasures_and_holds"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_examiner",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
