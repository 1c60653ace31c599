"""Background jobs: the list, one job, its files; the import of households."""

from tests.portal.access import SA, L, Row
from tests.portal.access.contacts import CONTACT

IMPORTS = frozenset({L, SA})

ROWS = {
    "jobs:list": Row("/reports/exports/", CONTACT),
    "jobs:list_export": Row("/reports/exports/new/visits/", CONTACT),
    "jobs:job": Row("/reports/exports/{job}/", CONTACT),
    # The file of an import, by the right to import.
    "jobs:file": Row("/reports/exports/{job}/input/", IMPORTS, sees=CONTACT),
    "contacts:household_import": Row("/contacts/households/import/", IMPORTS),
    "contacts:household_import_template": Row("/contacts/households/import/template/", IMPORTS),
    "contacts:household_import_check": Row("/contacts/households/import/{job}/", IMPORTS),
}
