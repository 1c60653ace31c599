"""Hashed, compressed static files; only our own scripts have their imports rewritten."""

from functools import cached_property

from django.conf import settings
from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_, _import_patterns = HashedFilesMixin._js_module_import_aggregation_patterns  # type: ignore[attr-defined]  # noqa: SLF001 -- the public switch would also parse third-party modules


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Names carry a content hash, so that a browser may keep a file for ever."""

    patterns = (*HashedFilesMixin.patterns, ("js/*.js", _import_patterns))

    @cached_property
    def _known(self) -> dict[str | None, str]:
        """Every page names a dozen files, whose addresses stay while the process lives."""
        return {}

    def url(self, name: str | None, force: bool = False) -> str:  # noqa: FBT001, FBT002 -- Django's
        if settings.DEBUG or force:
            return str(super().url(name, force))
        if name not in self._known:
            self._known[name] = str(super().url(name, force))
        return self._known[name]
