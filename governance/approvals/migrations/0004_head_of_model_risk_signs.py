from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0003_requests_for_live_traffic"),
        ("audit", "0001_initial"),
        ("inventory", "0002_removed_models_and_former_names"),
        ("registry", "0014_emergencies_and_confirmations"),
        ("validation", "0002_findings_that_nobody_raised"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="policysignoff",
            name="policy_signer_role_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="signoff",
            name="signer_role_is_known",
        ),
        migrations.AlterField(
            model_name="policysignoff",
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
        migrations.AlterField(
            model_name="signoff",
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
            model_name="policysignoff",
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
                name="policy_signer_role_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="signoff",
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
                name="signer_role_is_known",
            ),
        ),
    ]
