import uuid

import django.db.models.deletion
from django.db import migrations, models

import governance.core.models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_removed_models_and_former_names"),
        ("registry", "0002_labels_and_removal_of_versions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Alias",
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
                ("name", models.CharField(max_length=255)),
                ("set_by", models.CharField(max_length=60)),
                ("set_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="slotassignment",
            name="slot_role_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="stagechange",
            name="move_is_known",
        ),
        migrations.AddField(
            model_name="slot",
            name="alias",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name="slot",
            name="created_by",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="slotassignment",
            name="assigned_by",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="slotassignment",
            name="authorized_by",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="slotassignment",
            name="share",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="slotassignment",
            name="role",
            field=models.CharField(
                choices=[
                    ("CHAMPION", "Champion"),
                    ("CANARY", "Canary"),
                    ("CHALLENGER", "Challenger"),
                    ("SHADOW", "Shadow"),
                ],
                default="CHAMPION",
                max_length=12,
            ),
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
                ],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="slot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("alias", ""), _negated=True),
                fields=("model", "alias"),
                name="slot_alias_once_per_model",
            ),
        ),
        migrations.AddConstraint(
            model_name="slotassignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("slot", "version"),
                name="one_role_per_version_and_slot",
            ),
        ),
        migrations.AddConstraint(
            model_name="slotassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", "CANARY"), ("share__gte", 1), ("share__lte", 99)),
                    models.Q(models.Q(("role", "CANARY"), _negated=True), ("share", None)),
                    _connector="OR",
                ),
                name="canary_alone_has_a_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="slotassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["CHAMPION", "CANARY", "CHALLENGER", "SHADOW"])),
                name="slot_role_is_known",
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
                        ],
                    )
                ),
                name="move_is_known",
            ),
        ),
        migrations.AddField(
            model_name="alias",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="aliases",
                to="inventory.model",
            ),
        ),
        migrations.AddField(
            model_name="alias",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="aliases",
                to="registry.modelversion",
            ),
        ),
        migrations.AddConstraint(
            model_name="alias",
            constraint=models.UniqueConstraint(
                fields=("model", "name"), name="alias_once_per_model"
            ),
        ),
    ]
