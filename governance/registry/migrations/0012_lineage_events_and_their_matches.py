import uuid

import django.db.models.deletion
from django.db import migrations, models

import governance.core.models


def record() -> list[tuple[str, models.Field]]:
    return [
        (
            "id",
            models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
        ),
        (
            "salt",
            models.CharField(
                default=governance.core.models.new_salt, editable=False, max_length=32
            ),
        ),
    ]


def pointer(to: str, related_name: str) -> models.Field:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name=related_name, to=to
    )


class Migration(migrations.Migration):
    """An event can be about several versions. Nothing has written events so far."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("registry", "0011_what_is_said_of_an_input"),
    ]

    operations = [
        migrations.DeleteModel("LineageEvent"),
        migrations.CreateModel(
            name="LineageEvent",
            fields=[
                *record(),
                ("run_id", models.CharField(blank=True, max_length=32)),
                ("event_type", models.CharField(blank=True, max_length=12)),
                ("text", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("event_time", models.DateTimeField()),
                ("received_from", models.CharField(max_length=60)),
                ("received_at", models.DateTimeField()),
                ("unit", pointer("accounts.unit", "+")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("unit", "digest"), name="lineage_event_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LineageEventKey",
            fields=[
                *record(),
                ("key", models.CharField(max_length=300)),
                ("event", pointer("registry.lineageevent", "keys")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("key", "event"), name="lineage_event_key_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LineageMatch",
            fields=[
                *record(),
                ("matched_at", models.DateTimeField()),
                ("event", pointer("registry.lineageevent", "matches")),
                ("version", pointer("registry.modelversion", "lineage_matches")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("version", "event"), name="lineage_match_once")
                ],
            },
        ),
    ]
