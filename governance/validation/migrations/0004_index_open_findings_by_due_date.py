from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("inventory", "0018_rule_scopes"),
        ("registry", "0016_versions_by_stage_label_and_digest"),
        ("validation", "0003_head_of_model_risk_reports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="finding",
            name="finding_open_by_model",
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(
                condition=models.Q(("closed_at", None)),
                fields=["model", "due_date"],
                name="open_finding_by_due_date",
            ),
        ),
    ]
