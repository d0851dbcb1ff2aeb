from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0013_versions_by_run"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="stagechange",
            name="move_is_known",
        ),
        migrations.AlterField(
            model_name="stagechange",
            name="move",
            field=models.CharField(
                choices=[
                    ("PROMOTED", "Promoted"),
                    ("RETIRED", "Retired by its successor"),
                    ("ROLLED_BACK", "Rolled back"),
                    ("REMOVED", "Removed by a rollback"),
                    ("DEMOTED", "Moved back"),
                    ("ARCHIVED", "Archived"),
                    ("SHARED", "Given a share of live traffic"),
                    ("EMERGENCY", "Promoted in an emergency"),
                    ("CONFIRMED", "Confirmed in service"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="stagechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "move__in",
                        [
                            "PROMOTED",
                            "RETIRED",
                            "ROLLED_BACK",
                            "REMOVED",
                            "DEMOTED",
                            "ARCHIVED",
                            "SHARED",
                            "EMERGENCY",
                            "CONFIRMED",
                        ],
                    )
                ),
                name="move_is_known",
            ),
        ),
    ]
