import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_delegations"),
        ("audit", "0001_initial"),
        ("inventory", "0009_questionnaires"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Assessment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "salt",
                    models.CharField(
                        default=governance.core.models.new_salt, editable=False, max_length=32
                    ),
                ),
                ("answers_text", models.TextField()),
                ("facts_text", models.TextField()),
                ("result_text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("assessed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Determination",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "salt",
                    models.CharField(
                        default=governance.core.models.new_salt, editable=False, max_length=32
                    ),
                ),
                ("answers_text", models.TextField()),
                ("result", models.CharField(max_length=60)),
                ("rule", models.CharField(max_length=60)),
                ("decided_at", models.DateTimeField()),
                ("next_review_date", models.DateField()),
            ],
        ),
        migrations.AddField(
            model_name="assessment",
            name="assessed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="evidence",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="audit.prose",
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assessments",
                to="inventory.model",
            ),
        ),
        migrations.AddField(
            model_name="classassessment",
            name="assessment",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.assessment",
            ),
        ),
        migrations.AddField(
            model_name="tierassessment",
            name="assessment",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.assessment",
            ),
        ),
        migrations.AddField(
            model_name="determination",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="determinations",
                to="inventory.model",
            ),
        ),
        migrations.AddField(
            model_name="determination",
            name="reasons",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.prose"
            ),
        ),
        migrations.AddField(
            model_name="determination",
            name="reviewer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="determination",
            name="questionnaire",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="determinations",
                to="inventory.questionnaireversion",
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="questionnaire",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assessments",
                to="inventory.questionnaireversion",
            ),
        ),
        migrations.AddIndex(
            model_name="determination",
            index=models.Index(fields=["model", "decided_at"], name="determination_by_model"),
        ),
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(fields=["model", "assessed_at"], name="assessment_by_model"),
        ),
    ]
