"""Background jobs: the list, one job, its files; the import of households."""

from tests.portal.access import AUD, SA, SEC, SYS, L, Row
from tests.portal.access.contacts import CONTACT

IMPORTS = frozenset({L, SA})
#: Everybody but a handler and an inspector, each the own ones.
EXPORTS = CONTACT | {SYS, SEC, AUD}

ROWS = {
    "jobs:list": Row("/reports/exports/", EXPORTS),
    # Each list has its own right beside: see test_exports.
    "jobs:list_export": Row("/reports/exports/new/visits/", CONTACT),
    "jobs:job": Row("/reports/exports/{job}/", EXPORTS),
    # The file of an import, by the right to import.
    "jobs:file": Row("/reports/exports/{job}/input/", IMPORTS, sees=EXPORTS),
    "contacts:household_import": Row("/contacts/households/import/", IMPORTS),
    "contacts:household_import_template": Row("/contacts/households/import/template/", IMPORTS),
    "contacts:household_import_check": Row("/contacts/households/import/{job}/", IMPORTS),
}
