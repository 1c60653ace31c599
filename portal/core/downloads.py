"""Handing out files that people sent: saved, never opened inside the page, kept by no cache."""

from __future__ import annotations

from typing import IO, Final

from django.http import FileResponse

#: Whatever a browser makes of it: no script, no form, nobody's cookies.
_POLICY: Final = "default-src 'none'; sandbox"


def as_download(
    stream: IO[bytes], *, name: str, size: int, content_type: str = "application/octet-stream"
) -> FileResponse:
    """``stream`` is closed with the answer. Who may have it is asked before."""
    return FileResponse(
        stream,
        as_attachment=True,
        filename=name,
        content_type=content_type,
        headers={
            "Cache-Control": "private, no-store",
            "Content-Length": str(size),
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
        },
    )
