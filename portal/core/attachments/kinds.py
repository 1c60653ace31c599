"""What a file is: its bytes say it, never its name or what the browser calls it."""

from __future__ import annotations

from typing import Final

from django.db.models import TextChoices

from portal.core.errors import DomainError


class Kind(TextChoices):
    """What is kept."""

    JPEG = "JPEG", "照片"
    PNG = "PNG", "图片"
    PDF = "PDF", "PDF"
    DOCX = "DOCX", "文档"
    XLSX = "XLSX", "表格"


CONTENT_TYPES: Final[dict[str, str]] = {
    Kind.JPEG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.PDF: "application/pdf",
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: The endings that belong to a kind; the first one is given where the name has another.
ENDINGS: Final[dict[str, tuple[str, ...]]] = {
    Kind.JPEG: (".jpg", ".jpeg"),
    Kind.PNG: (".png",),
    Kind.PDF: (".pdf",),
    Kind.DOCX: (".docx",),
    Kind.XLSX: (".xlsx",),
}
#: For ``<input accept>``: help for choosing, no check.
ACCEPT: Final = ".jpg,.jpeg,.png,.webp,.pdf,.docx,.xlsx"

WEBP: Final = "WEBP"
OFFICE: Final = "OFFICE"

_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"%PDF-", Kind.PDF),
    (b"PK\x03\x04", OFFICE),
)
_OLE: Final = b"\xd0\xcf\x11\xe0"
_TAKEN: Final = "可以传照片（.jpg、.png、.webp）、.pdf、.docx 和 .xlsx。"
_HEIC: Final = (
    "这是苹果手机的 HEIC 照片，这里打不开。请在手机“设置→相机→格式”里选“兼容性最佳”后重拍，"
    "或者把照片发到微信、再保存下来上传。"
)
_OLD: Final = "这是旧版（.doc、.xls）或加了密码的文件。请另存为不加密的 .docx 或 .xlsx 后上传。"
_EMPTY: Final = "文件是空的，请重新选择。"
_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif"}
)


def kind_of(data: bytes) -> str:
    """A ``Kind``, ``WEBP``, or ``OFFICE`` for what only a look inside can tell.

    Raises ``DomainError`` for everything else.
    """
    if not data:
        raise DomainError(_EMPTY)
    if data.startswith(_OLE):
        raise DomainError(_OLD)
    if data[4:8] == b"ftyp" and data[8:12] in _BRANDS:
        raise DomainError(_HEIC)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    raise DomainError(f"不能接收这种文件。{_TAKEN}")
