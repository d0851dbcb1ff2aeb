from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_delegations"),
        ("audit", "0001_initial"),
        ("inventory", "0007_retirements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="model",
            name="model_tier_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="tierassessment",
            name="assessed_tier_is_known",
        ),
        migrations.AlterField(
            model_name="model",
            name="tier",
            field=models.PositiveSmallIntegerField(
                blank=True,
                choices=[
                    (1, "Tier 1 (critical)"),
                    (2, "Tier 2 (high)"),
                    (3, "Tier 3 (medium)"),
                    (4, "Tier 4 (low)"),
                ],
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="tierassessment",
            name="tier",
            field=models.PositiveSmallIntegerField(
                choices=[
                    (1, "Tier 1 (critical)"),
                    (2, "Tier 2 (high)"),
                    (3, "Tier 3 (medium)"),
                    (4, "Tier 4 (low)"),
                ]
            ),
        ),
        migrations.AddConstraint(
            model_name="model",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier", None), ("tier__in", [1, 2, 3, 4]), _connector="OR"),
                name="model_tier_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="tierassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier__in", [1, 2, 3, 4])), name="assessed_tier_is_known"
            ),
        ),
    ]
