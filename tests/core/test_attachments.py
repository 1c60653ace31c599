"""What people outside send: known by its bytes, made harmless, marked when nobody scanned it."""

import contextlib
import io
import socketserver
import struct
import threading
import zipfile
from dataclasses import dataclass, field

import pytest
from django.core.checks import run_checks
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from portal.core.attachments import images, keeping
from portal.core.attachments.accepting import MOST_BYTES, accept, accept_all
from portal.core.attachments.kinds import Kind
from portal.core.attachments.names import LONGEST, clean_name
from portal.core.errors import DomainError
from portal.core.sheets.writing import Column, write_xlsx
from tests.servers import free_port

PAYLOAD = b"<script>alert('13800139876')</script>"


def upload(data: bytes, name: str = "照片.jpg") -> io.BytesIO:
    file = io.BytesIO(data)
    file.name = name
    return file


def refused(data: bytes, name: str = "照片.jpg") -> str:
    with pytest.raises(DomainError) as error:
        accept(upload(data, name), field="files")
    assert error.value.field == "files"
    return error.value.message


def picture(kind: str = "JPEG", size=(60, 40), mode: str = "RGB", **saved) -> bytes:
    """Left half red, right half blue."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.convert(mode).save(out, kind, **saved)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


# --- Images ------------------------------------------------------------------------------------


def with_exif() -> bytes:
    """Held on its side, by whom, where."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "PhoneOfWangXiuying"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (39.0, 54.0, 26.0)
    return picture(exif=exif, comment=PAYLOAD)


def test_where_and_by_what_a_photo_was_taken_is_gone():
    before = with_exif()
    assert opened(before).getexif().get_ifd(ExifTags.IFD.GPSInfo)

    taken = accept(upload(before))

    after = opened(taken.data)
    assert not after.getexif()
    assert b"Exif" not in taken.data
    assert b"PhoneOfWangXiuying" not in taken.data
    assert PAYLOAD not in taken.data
    assert (taken.kind, taken.content_type, taken.name) == (Kind.JPEG, "image/jpeg", "照片.jpg")


@pytest.mark.parametrize("held", range(10))
def test_a_photo_stands_upright_as_the_camera_was_held(held):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = held
    before = picture("PNG", exif=exif)

    after = opened(accept(upload(before)).data)

    assert after.tobytes() == ImageOps.exif_transpose(opened(before)).tobytes()
    assert after.size == ((40, 60) if 5 <= held <= 8 else (60, 40))


def test_texts_in_a_png_are_gone_and_what_is_clear_stays_clear():
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "王秀英")
    info.add_itxt("XML:com.adobe.xmp", "<x>13800139876</x>")
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 128)).save(out, "PNG", pnginfo=info)

    taken = accept(upload(out.getvalue(), "截图.png"))

    assert (taken.kind, taken.name) == (Kind.PNG, "截图.png")
    assert opened(taken.data).getpixel((5, 5)) == (255, 0, 0, 128)
    assert opened(taken.data).info == {}
    assert b"13800139876" not in taken.data


@pytest.mark.parametrize(
    ("data", "kind", "name"),
    [
        (picture("WEBP"), Kind.JPEG, "照片.jpg"),
        (picture("PNG", mode="P"), Kind.PNG, "照片.png"),
        (picture("PNG", mode="L"), Kind.PNG, "照片.png"),
        (picture("PNG", mode="LA"), Kind.PNG, "照片.png"),
        (picture(mode="CMYK"), Kind.JPEG, "照片.jpg"),
        (picture(mode="L"), Kind.JPEG, "照片.jpg"),
    ],
)
def test_the_bytes_say_what_it_is_not_the_name(data, kind, name):
    taken = accept(upload(data, "照片.docx"))

    assert (taken.kind, taken.name) == (kind, name)
    assert opened(taken.data).size == (60, 40)


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("tail", [PAYLOAD, archive(evil=PAYLOAD), b"%PDF-1.7\n" + PAYLOAD])
def test_a_second_file_behind_a_picture_is_cut_off(kind, tail):
    taken = accept(upload(picture(kind) + tail))

    assert PAYLOAD not in taken.data
    assert b"%PDF" not in taken.data
    assert not zipfile.is_zipfile(io.BytesIO(taken.data))


@pytest.mark.parametrize(
    ("before", "after"),
    [((5000, 2500), (4096, 2048)), ((3000, 6000), (1500, 3000)), ((4000, 3000), (4000, 3000))],
)
def test_a_large_photo_is_made_smaller(before, after):
    taken = accept(upload(picture(size=before, quality=30)))

    assert opened(taken.data).size == after


def test_a_png_that_would_grow_too_large_becomes_a_photo():
    noise = Image.effect_noise((800, 800), 90).convert("RGBA")
    out = io.BytesIO()
    noise.save(out, "PNG")

    kind, data = images.redrawn(out.getvalue(), Kind.PNG, most_bytes=100_000)

    assert kind == Kind.JPEG
    assert opened(data).mode == "RGB"


def wide_webp() -> bytes:
    """A small one that says it is 16,000 points wide and high."""
    data = bytearray(picture("WEBP", lossless=True))
    data[21:25] = ((16_000 - 1) | (16_000 - 1) << 14).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize("side", [6_000, 12_000, 14_000, None])
def test_a_picture_of_too_many_points_is_refused_before_it_is_drawn(side):
    """A few kilobytes that would be gigabytes."""
    out = io.BytesIO(wide_webp())
    if side:
        Image.new("1", (side, side)).save(out, "PNG")
    data = out.getvalue()
    assert len(data) < 200_000

    assert "图片太大" in refused(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_did_not_arrive_whole_is_refused_in_words(kind):
    whole = picture(kind, size=(200, 200))

    assert "没有传完" in refused(whole[: len(whole) // 2])


# --- Other kinds -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "空的"),
        (PAYLOAD, "不能接收这种文件"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "不能接收这种文件"),
        (picture("GIF"), "不能接收这种文件"),
        (picture("BMP"), "不能接收这种文件"),
        (b"MZ\x90\x00" + bytes(100), "不能接收这种文件"),
        (b"{\\rtf1}", "不能接收这种文件"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "HEIC"),
        (b"\x00\x00\x00\x18ftypmif1" + bytes(100), "HEIC"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000), "旧版"),
        (b"%PDF-1.7\nhalf", "PDF 打不开"),
        (b"%PDF-1.7\n" + archive(evil=PAYLOAD) + b"", "PDF 打不开"),
        (b"%PDF-1.7\n" + archive(evil=b"%%EOF"), "PDF"),
        (b"%PDF-1.7\n%%EOF\n" + archive(evil=PAYLOAD), "夹着压缩文件"),
        (archive(evil=PAYLOAD), "压缩包"),
        (b"PK\x03\x04" + bytes(100), "打不开"),
    ],
)
def test_what_is_not_on_the_list_is_refused_in_words(data, said):
    assert said in refused(data)


def test_a_pdf_is_kept_as_it_is():
    data = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

    taken = accept(upload(data, "情况说明.PDF"))

    assert (taken.kind, taken.name, taken.data) == (Kind.PDF, "情况说明.pdf", data)


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def types(*content_types: str) -> bytes:
    told = "".join(
        f'<Override PartName="/p{n}" ContentType="{t}"/>' for n, t in enumerate(content_types)
    )
    return f'<?xml version="1.0"?><Types>{told}</Types>'.encode()


def relations(kind: str, target: str = "x", mode: str = "External") -> bytes:
    return (
        f'<Relationships><Relationship Id="r1" Type="{RELATION}/{kind}" Target="{target}"'
        f' TargetMode="{mode}"/></Relationships>'
    ).encode()


def docx(changed: dict[str, bytes] | None = None) -> bytes:
    return archive(
        **{
            "[Content_Types].xml": types(WORD),
            "_rels/.rels": relations("officeDocument", "word/document.xml", "Internal"),
            "word/document.xml": b"<w:document/>",
            **(changed or {}),
        }
    )


def test_a_document_is_kept_as_it_is():
    data = docx({"word/_rels/document.xml.rels": relations("hyperlink", "https://example.cn/")})

    taken = accept(upload(data, "答复.docx"))

    assert (taken.kind, taken.name, taken.data) == (Kind.DOCX, "答复.docx", data)


def test_a_table_that_a_program_wrote_is_taken():
    out = io.BytesIO()
    write_xlsx(out, [Column("楼栋", width=14)], [["12号楼"]], notes=[])

    taken = accept(upload(out.getvalue(), "清单.xlsx"))

    assert (taken.kind, taken.data) == (Kind.XLSX, out.getvalue())


MACRO = "application/vnd.ms-word.document.macroEnabled.main+xml"
DOCTYPE = b'<!DOCTYPE a [<!ENTITY m "x">]>' + types(WORD)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"word/vbaProject.bin": b"x"}, "宏"),
        ({"word/VBAPROJECT.BIN": b"x"}, "宏"),
        ({"word/activeX/activeX1.xml": b"x"}, "控件"),
        ({"word/embeddings/oleObject1.bin": b"x"}, "嵌入"),
        ({"word/embeddings/setup.bin": b"x"}, "嵌入"),
        ({"xl/macrosheets/sheet1.xml": b"x"}, "宏"),
        ({"customUI/customUI.xml": b"x"}, "控件"),
        ({"word/run.exe": b"x"}, "程序"),
        ({"[Content_Types].xml": types(MACRO)}, "宏"),
        ({"[Content_Types].xml": types(WORD, "application/vnd.ms-office.vbaProject")}, "宏"),
        ({"[Content_Types].xml": types(MACRO.replace("macro", "&#109;acro"))}, "宏"),
        ({"[Content_Types].xml": types(MACRO).decode().replace("1.0\"", "1.0\" encoding=\"utf-16\"").encode("utf-16")}, "宏"),
        ({"[Content_Types].xml": DOCTYPE}, "打不开"),
        ({"[Content_Types].xml": b"<Types"}, "打不开"),
        ({"[Content_Types].xml": types("text/plain")}, "压缩包"),
        ({"word/_rels/settings.xml.rels": relations("attachedTemplate")}, "别处"),
        ({"word/_rels/settings.xml.RELS": relations("attachedTemplate")}, "别处"),
        ({"word/_rels/document.xml.rels": relations("image", mode="external")}, "别处"),
        ({"word/_rels/document.xml.rels": relations("oleObject", mode="Internal")}, "嵌入"),
        ({"../outside.xml": b"x"}, "打不开"),
        ({"word\\..\\x.xml": b"x"}, "打不开"),
        ({"WORD/document.xml": b"x"}, "打不开"),
        ({f"p{n}": b"" for n in range(2_001)}, "太大"),
        ({"word/media/a.bin": bytes(101 << 20)}, "太大"),
    ],
)  # fmt: skip
def test_a_document_that_runs_or_unpacks_without_end_is_refused(changed, said):
    assert said in refused(docx(changed), "答复.docx")


def test_the_table_behind_a_chart_may_stay():
    assert accept(upload(docx({"word/embeddings/Microsoft_Excel_Sheet.xlsx": b"x"}))).kind == "DOCX"


def test_a_bomb_that_lies_about_its_size_is_refused():
    data = bytearray(docx({"word/media/a.bin": bytes(64 << 20)}))
    real, said = struct.pack("<I", 64 << 20), struct.pack("<I", 100)
    assert data.count(real) >= 2
    while (at := data.find(real)) >= 0:
        data[at : at + 4] = said

    assert "打不开" in refused(bytes(data))


def test_parts_that_lie_on_one_another_are_refused():
    """One large part that a thousand names share."""
    data = docx({"word/a.xml": b"a" * 1000, "word/b.xml": b"a" * 1000})
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        first, second = (made.getinfo(f"word/{n}.xml").header_offset for n in "ab")
    directory = data.rfind(b"PK\x01\x02")
    at = data.index(struct.pack("<I", second), directory)
    overlapping = data[:at] + struct.pack("<I", first) + data[at + 4 :]

    assert "打不开" in refused(overlapping)


@pytest.mark.parametrize("front", [PAYLOAD, b"PK\x03\x04" + bytes(26)])
def test_nothing_stands_before_or_behind_a_document(front):
    assert refused(front + docx())
    assert "打不开" in refused(docx() + PAYLOAD)
    remark = bytearray(docx())
    remark[-2:] = len(PAYLOAD).to_bytes(2, "little")
    assert "打不开" in refused(bytes(remark) + PAYLOAD)


def test_a_document_under_a_password_is_refused():
    data = bytearray(docx())
    for start in (b"PK\x03\x04", b"PK\x01\x02"):
        flags = data.index(start) + (6 if start.endswith(b"\x04") else 8)
        data[flags] |= 1

    assert "打不开" in refused(bytes(data))


WHOLE = {
    "jpeg": picture(size=(16, 16)), "png": picture("PNG", size=(16, 16)),
    "webp": picture("WEBP", size=(16, 16)), "docx": docx(),
}  # fmt: skip


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(WHOLE)),
    st.lists(st.tuples(st.integers(4, 5000), st.binary(min_size=1, max_size=8)), max_size=6),
    st.integers(0, 5000),
)
def test_whatever_arrives_is_taken_or_refused_in_words(kind, changes, cut):
    """A damaged file is nobody's bug: no other error."""
    data = bytearray(WHOLE[kind])
    for at, put in changes:
        start = max(at % len(data), 4)
        data[start : start + len(put)] = put
    with contextlib.suppress(DomainError):
        accept(upload(bytes(data[: len(data) - cut % len(data)])))


# --- Limits and names --------------------------------------------------------------------------


def test_a_file_has_ten_megabytes_and_a_form_five_files():
    assert "10 MB" in refused(b"%PDF-" + bytes(MOST_BYTES))
    assert len(accept_all([upload(picture()) for _ in range(5)])) == 5
    with pytest.raises(DomainError, match="最多传 5 个") as error:
        accept_all([upload(picture()) for _ in range(6)], field="photos")
    assert error.value.field == "photos"


def test_the_message_names_the_file():
    with pytest.raises(DomainError, match="“合同”：不能接收"):
        accept_all([upload(picture()), upload(PAYLOAD, "C:\\下载\\合同.html")])


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\王\\照片.JPG", "照片.jpg"),
        ("photo.jpeg", "photo.jpeg"),
        ("照片.jpg.exe", "照片.jpg.jpg"),
        ("gpj\u202eexe.jpg", "gpj exe.jpg"),
        ("a\r\nContent-Type: x.jpg", "a Content-Type x.jpg"),
        ('a<b>"|?*.jpg', "ab.jpg"),
        ("\x00", "附件.jpg"),
        ("", "附件.jpg"),
        (".jpg", "jpg.jpg"),
        ("...", "附件.jpg"),
        ("  照  片 .jpg ", "照 片.jpg"),
        ("长" * 300 + ".jpg", "长" * (LONGEST - 4) + ".jpg"),
    ],
)
def test_a_name_is_cleaned(given_name, kept):
    assert clean_name(given_name, Kind.JPEG) == kept


@given(st.text(max_size=200), st.sampled_from(Kind))
def test_no_name_leads_anywhere(name, kind):
    kept = clean_name(name, kind)

    assert 0 < len(kept) <= LONGEST
    assert kept.isprintable()
    assert not set(kept) & set('/\\<>:"|?*')
    assert not kept.startswith(".")
    assert clean_name(kept, kind) == kept


# --- The scanner -------------------------------------------------------------------------------


@dataclass
class Clamd:
    """As much of clamd as INSTREAM needs."""

    address: str = ""
    answer: bytes | None = b"stream: OK\0"
    got: list[bytes] = field(default_factory=list)


@pytest.fixture(params=["path", "port"])
def clamd(request, settings, tmp_path):
    told = Clamd()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            assert self.rfile.read(10) == b"zINSTREAM\0"
            data = b""
            while size := struct.unpack(">I", self.rfile.read(4))[0]:
                data += self.rfile.read(size)
            told.got.append(data)
            if told.answer is not None:
                self.wfile.write(told.answer)

    if request.param == "path":
        told.address = str(tmp_path / "clamd.ctl")
        server = socketserver.ThreadingUnixStreamServer(told.address, Handler)
    else:
        told.address = f"127.0.0.1:{free_port()}"
        host, port = told.address.split(":")
        server = socketserver.ThreadingTCPServer((host, int(port)), Handler)
    settings.ATTACHMENT_SCANNER = told.address
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


def test_without_a_scanner_it_is_marked(settings):
    settings.ATTACHMENT_SCANNER = ""

    assert accept(upload(picture())).scanned is False


def test_a_scanner_sees_the_file_as_it_came(clamd):
    data = with_exif()

    assert accept(upload(data)).scanned is True
    assert clamd.got == [data]


def test_an_infected_file_is_refused(clamd):
    clamd.answer = b"stream: Win.Test.EICAR_HDB-1 FOUND\0"

    assert "病毒" in refused(picture())


@pytest.mark.parametrize("answer", [None, b"INSTREAM size limit exceeded. ERROR\0", b"stream: O"])
def test_what_could_not_be_looked_at_is_not_taken(clamd, answer):
    clamd.answer = answer

    assert "不能检查" in refused(picture())


def test_a_scanner_that_is_away_lets_nothing_in(settings, tmp_path):
    for settings.ATTACHMENT_SCANNER in (f"127.0.0.1:{free_port()}", str(tmp_path / "none")):
        assert "不能检查" in refused(picture())


@pytest.mark.parametrize(
    ("address", "codes"),
    [("", 0), ("/run/clamd.ctl", 0), ("clamd:3310", 0), ("[::1]:3310", 0), ("clamd", 1)],
)
def test_an_address_that_is_none_is_said_at_the_start(settings, address, codes):
    settings.ATTACHMENT_SCANNER = address

    assert [found.id for found in run_checks()].count("core.E003") == codes


# --- Kept --------------------------------------------------------------------------------------


def test_on_the_disk_nothing_is_readable(settings, tmp_path):
    settings.ATTACHMENT_FILES = tmp_path / "attachments"
    data = b"%PDF-1.7 13800139876 %%EOF"

    written = keeping.keep(accept(upload(data, "王秀英.pdf")))

    (path,) = settings.ATTACHMENT_FILES.iterdir()
    assert path.name == written.stored.hex
    assert b"13800139876" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert keeping.STORE.opened(written.stored).read() == data
    assert written.size == len(data)
