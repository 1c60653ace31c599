"""The table behind the cache: how often an address tried to sign in lately."""

from django.core.management import call_command
from django.db import migrations


def create(_apps, schema_editor):
    call_command("createcachetable", "accounts_rates", database=schema_editor.connection.alias)


def drop(_apps, schema_editor):
    schema_editor.execute("DROP TABLE IF EXISTS accounts_rates")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_home_and_sign_ins")]

    operations = [migrations.RunPython(create, drop)]
