from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0018_rule_scopes")]

    operations = [
        migrations.AddField(
            model_name="model",
            name="live_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
