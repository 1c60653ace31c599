"""Receiving files: in memory only, so that no upload lies readable on a disk."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from portal.core.sheets.reading import MOST_BYTES


class InMemoryUploadHandler(FileUploadHandler):
    """Keeps what was sent in memory, at most one byte more than a file may have.

    SECURITY: Django would put larger files in clear into the folder for temporary files. Who reads
    the file sees by its length that it is too big.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._file = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:  # noqa: ARG002 -- Django's
        room = MOST_BYTES + 1 - self._file.tell()
        self._file.write(raw_data[:room])

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
