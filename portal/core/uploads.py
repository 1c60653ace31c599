"""Receiving files: in memory only, so that no upload lies readable on a disk."""

from __future__ import annotations

import io
from functools import cached_property
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from portal.core.sheets.reading import MOST_BYTES


class InMemoryUploadHandler(FileUploadHandler):
    """Keeps what was sent in memory: of a request at most one byte more than its page takes.

    A view says so by its attributes:
    ``takes_files``: it takes files, of whoever is signed in;
    ``files_of``: a page without an account. Called with what its address names, it says whether
    that opens the page: then files are taken, of whoever has the address, else of nobody;
    ``most_upload_bytes``: what all files of a request may have together, if not one table.

    SECURITY: Django would put larger files in clear into the folder for temporary files. Who reads
    the file sees by its length that it is too big.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        #: What all files of the request may still have together; None until the first one comes.
        self._room: int | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        # SECURITY: the body is read before anybody is asked who they are (CSRF): what a page that
        # takes no file is sent, or by somebody who is not signed in, is not kept at all.
        if not self._is_wanted:
            raise SkipFile
        if self._room is None:
            self._room = getattr(self._view, "most_upload_bytes", MOST_BYTES) + 1
        self._file = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002 -- Django's
        taken = raw_data[: self._room]
        self._room = (self._room or 0) - len(taken)
        self._file.write(taken)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:  # noqa: ARG002 -- Django's
        size = self._file.tell()
        self._file.seek(0)
        return InMemoryUploadedFile(
            file=self._file,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=size,
            charset=self.charset,
        )

    @cached_property
    def _is_wanted(self) -> bool:
        """Asked once for all files of the request."""
        match = getattr(self.request, "resolver_match", None)
        if not getattr(self._view, "takes_files", False) or match is None:
            return False
        if (opens := getattr(self._view, "files_of", None)) is not None:
            return bool(opens(**match.kwargs))
        user = getattr(self.request, "user", None)
        return bool(user and user.is_authenticated)

    @property
    def _view(self) -> Any:
        match = getattr(self.request, "resolver_match", None)
        return getattr(getattr(match, "func", None), "view_class", None)
