import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_delegations"),
        ("accounts", "__first__"),
        ("audit", "0001_initial"),
        ("inventory", "0002_removed_models_and_former_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClassAssessment",
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
                    "ai_act_class",
                    models.CharField(
                        choices=[
                            ("PROHIBITED", "Prohibited practice"),
                            ("HIGH_RISK_ANNEX_I_A", "High risk, product under Annex I Section A"),
                            ("HIGH_RISK_ANNEX_I_B", "High risk, product under Annex I Section B"),
                            ("HIGH_RISK_ANNEX_III", "High risk, area of Annex III"),
                            (
                                "HIGH_RISK_ANNEX_I_A_AND_III",
                                "High risk, Annex I Section A and Annex III",
                            ),
                            ("NOT_HIGH_RISK_DEROGATION", "Not high risk, by derogation"),
                            ("GPAI_SYSTEMIC", "General-purpose model with systemic risk"),
                            ("GPAI", "General-purpose model"),
                            ("GPAI_FOSS", "General-purpose model, free and open source"),
                            ("TRANSPARENCY_ONLY", "Transparency duties only"),
                            ("MINIMAL", "Minimal risk"),
                            ("OUT_OF_SCOPE", "AI system outside the regulation"),
                            ("OUT_OF_SCOPE_FOSS", "Outside the regulation, free and open source"),
                            ("NOT_AI_SYSTEM", "No AI system"),
                        ],
                        max_length=30,
                    ),
                ),
                ("assessed_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="model",
            name="ai_act_class",
            field=models.CharField(
                blank=True,
                choices=[
                    ("PROHIBITED", "Prohibited practice"),
                    ("HIGH_RISK_ANNEX_I_A", "High risk, product under Annex I Section A"),
                    ("HIGH_RISK_ANNEX_I_B", "High risk, product under Annex I Section B"),
                    ("HIGH_RISK_ANNEX_III", "High risk, area of Annex III"),
                    ("HIGH_RISK_ANNEX_I_A_AND_III", "High risk, Annex I Section A and Annex III"),
                    ("NOT_HIGH_RISK_DEROGATION", "Not high risk, by derogation"),
                    ("GPAI_SYSTEMIC", "General-purpose model with systemic risk"),
                    ("GPAI", "General-purpose model"),
                    ("GPAI_FOSS", "General-purpose model, free and open source"),
                    ("TRANSPARENCY_ONLY", "Transparency duties only"),
                    ("MINIMAL", "Minimal risk"),
                    ("OUT_OF_SCOPE", "AI system outside the regulation"),
                    ("OUT_OF_SCOPE_FOSS", "Outside the regulation, free and open source"),
                    ("NOT_AI_SYSTEM", "No AI system"),
                ],
                max_length=30,
                verbose_name="EU AI Act class",
            ),
        ),
        migrations.AddField(
            model_name="model",
            name="jurisdictions",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddConstraint(
            model_name="model",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ai_act_class", ""),
                    (
                        "ai_act_class__in",
                        [
                            "PROHIBITED",
                            "HIGH_RISK_ANNEX_I_A",
                            "HIGH_RISK_ANNEX_I_B",
                            "HIGH_RISK_ANNEX_III",
                            "HIGH_RISK_ANNEX_I_A_AND_III",
                            "NOT_HIGH_RISK_DEROGATION",
                            "GPAI_SYSTEMIC",
                            "GPAI",
                            "GPAI_FOSS",
                            "TRANSPARENCY_ONLY",
                            "MINIMAL",
                            "OUT_OF_SCOPE",
                            "OUT_OF_SCOPE_FOSS",
                            "NOT_AI_SYSTEM",
                        ],
                    ),
                    _connector="OR",
                ),
                name="model_ai_act_class_is_known",
            ),
        ),
        migrations.AddField(
            model_name="classassessment",
            name="assessed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="classassessment",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="class_assessments",
                to="inventory.model",
            ),
        ),
        migrations.AddField(
            model_name="classassessment",
            name="reason",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.prose"
            ),
        ),
        migrations.AddConstraint(
            model_name="classassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "ai_act_class__in",
                        [
                            "PROHIBITED",
                            "HIGH_RISK_ANNEX_I_A",
                            "HIGH_RISK_ANNEX_I_B",
                            "HIGH_RISK_ANNEX_III",
                            "HIGH_RISK_ANNEX_I_A_AND_III",
                            "NOT_HIGH_RISK_DEROGATION",
                            "GPAI_SYSTEMIC",
                            "GPAI",
                            "GPAI_FOSS",
                            "TRANSPARENCY_ONLY",
                            "MINIMAL",
                            "OUT_OF_SCOPE",
                            "OUT_OF_SCOPE_FOSS",
                            "NOT_AI_SYSTEM",
                        ],
                    )
                ),
                name="assessed_ai_act_class_is_known",
            ),
        ),
    ]
