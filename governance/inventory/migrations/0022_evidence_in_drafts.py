from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0021_answer_evidence")]

    operations = [
        migrations.AddField(
            model_name="answerdraft",
            name="evidence_text",
            field=models.TextField(default="{}"),
        ),
    ]
