from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("audit", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="rolegrant",
            name="role_is_known",
        ),
        migrations.AlterField(
            model_name="rolegrant",
            name="role",
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
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
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
                name="role_is_known",
            ),
        ),
    ]
