"""Receiving files: in memory only, so that no upload lies readable on a disk."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from portal.core.sheets.reading import MOST_BYTES


class InMemoryUploadHandler(FileUploadHandler):
    """Keeps what was sent in memory: of a request at most one byte more than a file may have.

    SECURITY: Django would put larger files in clear into the folder for temporary files. Who reads
    the file sees by its length that it is too big.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        #: What all files of the request may have together.
        self._room = MOST_BYTES + 1

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        # SECURITY: the body is read before anybody is asked who they are (CSRF): what a page that
        # takes no file is sent, or by somebody who is not signed in, is not kept at all.
        if not self._is_wanted():
            raise SkipFile
        self._file = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002 -- Django's
        taken = raw_data[: self._room]
        self._room -= len(taken)
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

    def _is_wanted(self) -> bool:
        match = getattr(self.request, "resolver_match", None)
        view = getattr(getattr(match, "func", None), "view_class", None)
        user = getattr(self.request, "user", None)
        return bool(getattr(view, "takes_files", False) and user and user.is_authenticated)
