import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0004_head_of_model_risk_signs"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="promotionrequest",
            name="request_move_is_known",
        ),
        migrations.AddField(
            model_name="promotionrequest",
            name="reason",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="audit.prose",
            ),
        ),
        migrations.AddField(
            model_name="promotionrequest",
            name="stands_until",
            field=models.DateTimeField(null=True),
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
                    ("EMERGENCY", "Promoted in an emergency"),
                    ("CONFIRMED", "Confirmed in service"),
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
                            "EMERGENCY",
                            "CONFIRMED",
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
                    models.Q(("move", "EMERGENCY"), _negated=True),
                    ("reason__isnull", False),
                    _connector="OR",
                ),
                name="emergency_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="promotionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("stands_until", None), ("state", "DONE"), _connector="OR"),
                name="what_was_approved_alone_ends",
            ),
        ),
    ]
