from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0026_words_to_search"),
    ]

    operations = [
        migrations.AddField(
            model_name="savedview",
            name="listing",
            field=models.CharField(
                choices=[("INVENTORY", "Inventory"), ("AUDIT", "Audit log")],
                default="INVENTORY",
                max_length=10,
            ),
        ),
        migrations.RemoveConstraint(model_name="savedview", name="view_name_once_per_person"),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                fields=("owner", "listing", "name"), name="view_name_once_per_person_and_list"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.CheckConstraint(
                condition=models.Q(("listing__in", ["INVENTORY", "AUDIT"])),
                name="view_of_a_known_list",
            ),
        ),
    ]
