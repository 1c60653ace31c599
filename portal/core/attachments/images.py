"""Images are drawn anew: what is no picture in them (place, device, a second file) is gone."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Final

from PIL import ExifTags, Image

from portal.core.attachments.kinds import WEBP, Kind
from portal.core.errors import DomainError

#: Of what is decoded. A large .jpeg is decoded at a fraction, others in full: four bytes for each.
MOST_PIXELS: Final = {Kind.JPEG.value: 64_000_000, Kind.PNG.value: 16_000_000, WEBP: 16_000_000}
#: The longer side of what is kept; a page of writing stays legible.
LONGEST_SIDE: Final = 4096
#: A .jpeg is decoded at the smallest of the fractions it offers that keeps its longer side so long.
_LEAST_SIDE: Final = 3000

_BROKEN: Final = "图片打不开，可能没有传完或已损坏。请重新拍照或截图后上传。"
_HUGE: Final = "图片太大，不能接收。请缩小，或截图后上传。"
_QUALITY: Final = 88
#: What a decoder raises when it meets what is no picture.
_STUMBLES: Final = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError,
    MemoryError, struct.error, zlib.error,
)  # fmt: skip
_ORIENTATION: Final = ExifTags.Base.Orientation
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DECODERS: Final = {Kind.JPEG.value: "JPEG", Kind.PNG.value: "PNG", WEBP: "WEBP"}


def redrawn(data: bytes, kind: str, *, most_bytes: int) -> tuple[Kind, bytes]:
    """The picture alone, upright: a .png stays one unless it grew too large.

    Only the first picture of a moving one. Raises ``DomainError``.
    """
    try:
        # SECURITY: only the decoder of what the bytes began with.
        with Image.open(io.BytesIO(data), formats=[_DECODERS[kind]]) as image:
            if image.width * image.height > MOST_PIXELS[kind]:
                raise DomainError(_HUGE)
            picture = _pixels(image)
        if kind == Kind.PNG and len(png := _written(picture, "PNG")) <= most_bytes:
            return Kind.PNG, png
        return Kind.JPEG, _written(_on_white(picture), "JPEG")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DomainError(_HUGE) from error
    except _STUMBLES as error:
        raise DomainError(_BROKEN) from error


def _pixels(image: Image.Image) -> Image.Image:
    """Decoded, made smaller, turned as the camera was held; nothing else of the file."""
    # The steps are in this order, and in place, for the memory's sake.
    enough = _LEAST_SIDE / max(image.size)
    image.draft("RGB", (int(image.width * enough), int(image.height * enough)))
    image.load()
    is_seen_through = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    wanted = "RGBA" if is_seen_through else "RGB"
    exif = image.getexif()
    plain = image if image.mode == wanted else image.convert(wanted)
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    turned = plain.transpose(_TURNS[at]) if (at := exif.get(_ORIENTATION)) in _TURNS else plain
    # A picture of its own, so that no chunk of the old one comes along.
    bare = Image.new(turned.mode, turned.size)
    bare.paste(turned)
    return bare


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _written(picture: Image.Image, how: str) -> bytes:
    out = io.BytesIO()
    if how == "PNG":
        picture.save(out, "PNG")
    else:
        picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
