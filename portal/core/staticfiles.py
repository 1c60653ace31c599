"""Which files of the front-end packages are served: the ones the pages name."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class ServedFilesConfig(StaticFilesConfig):
    """Leaves out variants that no page asks for: unread, they cost every set-up its time."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "bootstrap-*",
        "bootstrap.css*",
        "bootstrap.rtl*",
        "htmx.amd.js",
        "htmx.cjs.js",
        "htmx.esm*",
        "htmx.js",
        "*.min.js.gz",
        "ext",
    ]
