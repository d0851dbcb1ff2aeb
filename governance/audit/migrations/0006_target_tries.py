from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_checkpoint_copies"),
    ]

    operations = [
        migrations.CreateModel(
            name="TargetTry",
            fields=[
                ("target", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("tried_at", models.DateTimeField()),
                ("next_at", models.DateTimeField()),
                ("error", models.CharField(blank=True, max_length=300)),
            ],
        ),
    ]
