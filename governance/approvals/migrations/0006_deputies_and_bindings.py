import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0005_emergencies_and_ends"),
    ]

    operations = [
        migrations.AddField(
            model_name="signoff",
            name="binding",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="signoff",
            name="evidence_opened",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="signoff",
            name="first_opened_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="signoff",
            name="on_behalf_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="signoff",
            constraint=models.UniqueConstraint(
                fields=("request", "on_behalf_of", "dossier_digest"),
                name="one_signature_in_whose_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="signoff",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("on_behalf_of", None),
                    models.Q(("on_behalf_of", models.F("signer")), _negated=True),
                    _connector="OR",
                ),
                name="nobody_signs_on_behalf_of_themselves",
            ),
        ),
    ]
