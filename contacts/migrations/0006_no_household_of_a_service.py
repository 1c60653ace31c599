from django.db import migrations


class Migration(migrations.Migration):
    """Nothing ever wrote it."""

    dependencies = [
        ("contacts", "0005_rare_visits"),
    ]

    operations = [
        migrations.RemoveField(model_name="serviceentry", name="household"),
    ]
