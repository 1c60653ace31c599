"""Hashed, compressed static files; only our own scripts have their imports rewritten."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, _import_patterns = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]  # noqa: SLF001 -- the public switch would also parse third-party modules


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Names carry a content hash, so that a browser may keep a file for ever."""

    patterns = (*HashedFilesMixin.patterns, ("js/*.js", _import_patterns))
