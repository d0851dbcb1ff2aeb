from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0002_initial"),
        ("inventory", "0002_removed_models_and_former_names"),
        ("registry", "0008_deprecations_and_comments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="promotionrequest",
            name="request_move_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="promotionrequest",
            name="request_goes_from_stage_to_stage",
        ),
        migrations.AddField(
            model_name="promotionrequest",
            name="share",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="promotionrequest",
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
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="promotionrequest",
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
                        ],
                    )
                ),
                name="request_move_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source__in", ["DRAFT", "STAGING", "PRODUCTION", "ARCHIVED"]),
                    ("target__in", ["DRAFT", "STAGING", "PRODUCTION", "ARCHIVED"]),
                    models.Q(
                        models.Q(("source", models.F("target")), _negated=True),
                        ("source", "PRODUCTION"),
                        _connector="OR",
                    ),
                ),
                name="request_goes_from_stage_to_stage",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("move", "SHARED"), ("share__gte", 1), ("share__lte", 99)),
                    models.Q(models.Q(("move", "SHARED"), _negated=True), ("share", None)),
                    _connector="OR",
                ),
                name="request_for_a_canary_alone_has_a_share",
            ),
        ),
    ]
