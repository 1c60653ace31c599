from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0003_visit_places"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="resident",
            index=models.Index(fields=["name"], name="resident_name"),
        ),
    ]
