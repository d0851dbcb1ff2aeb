from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("registry", "0014_emergencies_and_confirmations"),
        ("validation", "0002_findings_that_nobody_raised"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="report",
            name="report_role_is_known",
        ),
        migrations.AlterField(
            model_name="report",
            name="signed_role",
            field=models.CharField(
                choices=[
                    ("MODEL_OWNER", "Model owner"),
                    ("DEVELOPER", "Developer"),
                    ("VALIDATOR", "Validator"),
                    ("APPROVER", "Approver"),
                    ("COMPLIANCE", "Compliance"),
                    ("HEAD_OF_MODEL_RISK", "Head of model risk"),
                    ("ADMINISTRATOR", "Administrator"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "signed_role__in",
                        [
                            "MODEL_OWNER",
                            "DEVELOPER",
                            "VALIDATOR",
                            "APPROVER",
                            "COMPLIANCE",
                            "HEAD_OF_MODEL_RISK",
                            "ADMINISTRATOR",
                        ],
                    )
                ),
                name="report_role_is_known",
            ),
        ),
    ]
