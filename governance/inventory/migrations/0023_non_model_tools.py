from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0022_evidence_in_drafts")]

    operations = [
        migrations.AddField(
            model_name="model",
            name="is_tool",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
