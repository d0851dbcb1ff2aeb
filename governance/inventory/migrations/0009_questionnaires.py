import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_delegations"),
        ("audit", "0001_initial"),
        ("inventory", "0008_four_tiers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AnswerDraft",
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
                (
                    "matter",
                    models.CharField(
                        choices=[
                            ("DETERMINATION", "Determination"),
                            ("TIER", "Risk tier"),
                            ("CLASS", "EU AI Act class"),
                        ],
                        max_length=15,
                    ),
                ),
                ("answers_text", models.TextField(default="{}")),
                ("facts_text", models.TextField(default="{}")),
                ("changed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="QuestionnaireVersion",
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
                (
                    "purpose",
                    models.CharField(
                        choices=[("TIERING", "Risk tier"), ("AI_ACT", "EU AI Act class")],
                        max_length=10,
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("key", models.CharField(max_length=62)),
                ("version", models.CharField(max_length=30)),
                ("title", models.TextField()),
                ("kind", models.CharField(max_length=10)),
                ("text", models.TextField()),
                ("content_text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("published_by", models.CharField(max_length=60)),
                ("published_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="answerdraft",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="answer_drafts",
                to="inventory.model",
            ),
        ),
        migrations.AddField(
            model_name="answerdraft",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="questionnaireversion",
            constraint=models.UniqueConstraint(
                fields=("purpose", "number"), name="questionnaire_number_once_per_purpose"
            ),
        ),
        migrations.AddConstraint(
            model_name="questionnaireversion",
            constraint=models.UniqueConstraint(
                fields=("key", "version"), name="questionnaire_version_once_per_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="questionnaireversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["TIERING", "AI_ACT"])),
                name="questionnaire_purpose_is_known",
            ),
        ),
        migrations.AddField(
            model_name="answerdraft",
            name="questionnaire",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.questionnaireversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="answerdraft",
            constraint=models.UniqueConstraint(
                fields=("model", "person", "matter"), name="one_answer_draft_per_matter"
            ),
        ),
    ]
