from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_delegations"),
        ("inventory", "0024_tools_determined_before"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="model",
            index=models.Index(
                condition=models.Q(("removed_at", None), ("retired_at", None)),
                fields=["unit", "tier", "ai_act_class", "kind", "owner", "id"],
                name="model_in_use_by_facet",
            ),
        ),
        migrations.AddIndex(
            model_name="model",
            index=models.Index(
                condition=models.Q(
                    ("owner", None),
                    models.Q(("is_tool", False), ("tier", None)),
                    ("intended_use", ""),
                    ("kind", ""),
                    ("purpose", ""),
                    _connector="OR",
                ),
                fields=["id"],
                name="model_draft",
            ),
        ),
        migrations.AddIndex(
            model_name="model",
            index=models.Index(
                condition=models.Q(("retired_at__isnull", False)),
                fields=["retired_at"],
                name="model_retired",
            ),
        ),
    ]
