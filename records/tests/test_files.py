import hashlib
import io
import struct
import unicodedata
import zipfile
import zlib

import pytest
from PIL import Image, ImageFile, PngImagePlugin

from records import files
from records.files import FileRefused, check_upload, clean_name

OLE = bytes.fromhex("D0CF11E0A1B11AE1")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"
NFD = unicodedata.normalize("NFD", "붙임")


def check(name, content, size=None):
    return check_upload(
        name=name, data=io.BytesIO(content), size=len(content) if size is None else size
    )


def refusal(name, content, size=None):
    with pytest.raises(FileRefused) as refused:
        check(name, content, size)
    return refused.value.why


def archive(entries, *, packing=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packing) as target:
        for name, content in entries:
            target.writestr(name, content)
    return made.getvalue()


def office(folder="word/", more=(), types=b"<Types/>"):
    return archive([("[Content_Types].xml", types), (f"{folder}document.xml", b"<x/>"), *more])


def hwp(stream="FileHeader", format_name=b"HWP Document File"):
    return OLE + bytes(504) + stream.encode("utf-16-le") + bytes(100) + format_name + bytes(500)


def hwpx(kind=b"application/hwp+zip", before=()):
    entries = [*before, ("mimetype", kind), ("Contents/header.xml", b"<x/>")]
    return archive(entries, packing=zipfile.ZIP_STORED)


def image(kind="JPEG", size=(40, 20), mode="RGB", **saving):
    made = io.BytesIO()
    picture = Image.new(mode, size, 1 if mode in ("1", "P", "L") else None)
    if mode == "P":
        picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.save(made, kind, **saving)
    return made.getvalue()


def photo():
    """As a telephone makes it: turned, with the place, the maker and a remark."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "MakerOfPhones"
    exif.get_ifd(0x8825).update({1: "N", 2: (36.0, 1.0, 8.0), 3: "E", 4: (129.0, 20.0, 36.0)})
    made = io.BytesIO()
    picture = Image.new("RGB", (40, 20), "red")
    picture.paste("blue", (0, 0, 20, 20))
    picture.save(made, "JPEG", exif=exif, comment=b"SecretRemark", icc_profile=b"SecretProfile")
    return made.getvalue()


# --- what is taken ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("붙임.pdf", PDF, "application/pdf"),
        ("붙임.pdf", b"\xef\xbb\xbf junk \n" + PDF, "application/pdf"),
        ("붙임.hwp", hwp(), "application/x-hwp"),
        ("붙임.hwpx", hwpx(), "application/hwp+zip"),
        ("붙임.hwpx", hwpx(b"application/hwp+zip\n"), "application/hwp+zip"),
        (
            "붙임.docx",
            office(),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            "붙임.xlsx",
            office("xl/"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("붙임.txt", "자원봉사".encode(), "text/plain"),
        ("붙임.txt", "자원봉사".encode("utf-8-sig"), "text/plain"),
        ("붙임.txt", "자원봉사 똠방각하".encode("cp949"), "text/plain"),
        ("붙임.txt", "MZ세대 봉사단".encode(), "text/plain"),  # opens like a program
        ("붙임.txt", "BM 봉사단".encode(), "text/plain"),  # and like a bitmap
        ("붙임.txt", b"%PDF-1.7 <html>", "text/plain"),
        ("붙임.txt", b"a\r\nb\tc\x0c\x1a", "text/plain"),
        ("붙임.TXT", b" ", "text/plain"),
    ],
)
def test_documents_are_kept_as_they_are(name, content, content_type):
    checked = check(name, content)
    assert checked.content_type == content_type
    assert checked.bytes == content
    assert checked.sha256 == hashlib.sha256(content).hexdigest()
    assert checked.name == name


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("사진.jpg", image(), "JPEG"),
        ("사진.JPEG", image(), "JPEG"),
        ("사진.jpg", image(mode="L"), "JPEG"),
        ("사진.jpg", image(mode="CMYK"), "JPEG"),
        ("사진.jpg", image("MPO"), "JPEG"),
        ("사진.png", image("PNG"), "PNG"),
        ("사진.png", image("PNG", mode="RGBA"), "PNG"),
        ("사진.png", image("PNG", mode="LA"), "PNG"),
        ("사진.png", image("PNG", mode="P"), "PNG"),
        ("사진.png", image("PNG", mode="1"), "PNG"),
        ("사진.png", image("PNG", mode="I;16"), "PNG"),
    ],
)
def test_images_are_drawn_anew(name, content, kind):
    checked = check(name, content)
    with Image.open(io.BytesIO(checked.bytes)) as picture:
        assert (picture.format, picture.size) == (kind, (40, 20))
        picture.load()
    assert checked.content_type == f"image/{kind.lower()}"
    assert checked.sha256 == hashlib.sha256(checked.bytes).hexdigest()


def test_a_photo_loses_its_place_and_stands_upright():
    content = photo()
    with Image.open(io.BytesIO(content)) as before:
        assert before.getexif().get_ifd(0x8825)
    checked = check("사진.jpg", content)
    with Image.open(io.BytesIO(checked.bytes)) as after:
        assert after.size == (20, 40)
        assert not after.getexif()
        assert set(after.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        red, _, blue = after.convert("RGB").resize((1, 2)).tobytes()[:3]
        assert blue > 200 > red  # the left half came on top
    for hidden in (b"Exif", b"MakerOfPhones", b"SecretRemark", b"SecretProfile", b"GPS"):
        assert hidden not in checked.bytes


def test_a_png_loses_its_texts_and_keeps_its_transparency():
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "SecretAuthor")
    text.add_itxt("XML:com.adobe.xmp", "SecretXmp", zip=False)
    exif = Image.Exif()
    exif[0x010F] = "MakerOfPhones"
    content = image("PNG", mode="P", transparency=1, pnginfo=text, exif=exif, dpi=(72, 72))
    checked = check("사진.png", content)
    with Image.open(io.BytesIO(checked.bytes)) as after:
        assert set(after.info) == {"transparency"}
        assert after.convert("RGBA").tobytes()[3] == 0
    for hidden in (b"SecretAuthor", b"SecretXmp", b"MakerOfPhones", b"eXIf", b"tEXt"):
        assert hidden not in checked.bytes


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_hides_behind_an_image_dies(kind):
    hidden = b"<?php system($_GET[0]); ?>" + archive([("evil.exe", b"MZ")])
    checked = check(f"사진.{kind.lower()}", image(kind) + hidden)
    assert b"<?php" not in checked.bytes
    assert b"evil.exe" not in checked.bytes


def test_an_animation_becomes_its_first_picture():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    made = io.BytesIO()
    frames[0].save(made, "PNG", save_all=True, append_images=frames[1:])
    checked = check("사진.png", made.getvalue())
    with Image.open(io.BytesIO(checked.bytes)) as after:
        assert getattr(after, "n_frames", 1) == 1


# --- what is refused ----------------------------------------------------------------------------

OTHER = "안에 든 내용이 확장자와 다릅니다."
UNSAFE = "안전하지 않은 내용이 들어 있어 받을 수 없습니다."


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"MZ\x90\x00"),
        ("a.pdf", bytes(1100) + PDF),
        ("a.pdf", image()),
        ("a.jpg", PDF),
        ("a.jpg", image("PNG")),
        ("a.png", image()),
        ("a.png", image("GIF")),
        ("a.jpg", b"<svg onload=alert(1)>"),
        ("a.txt", b"a\x00b"),
        ("a.txt", "봉사".encode("utf-16")),
        ("a.txt", image("PNG")),
        ("a.txt", b"\x1b[2J"),
        ("a.txt", b"\xff\xff\xff"),
        ("a.hwp", OLE + bytes(600)),
        ("a.hwp", hwp(stream="WordDocument")),
        ("a.hwp", hwp(format_name=b"")),
        ("a.hwp", hwpx()),
        ("a.hwp", b" " + hwp()),
        ("a.hwpx", hwp()),
        ("a.hwpx", hwpx(b"application/epub+zip")),
        ("a.hwpx", hwpx(before=[("x", b"")])),
        ("a.hwpx", b"#!/bin/sh\n" + hwpx()),
        ("a.hwpx", office()),
        ("a.docx", office("xl/")),
        ("a.xlsx", office()),
        ("a.docx", archive([("word/document.xml", b"")])),
        ("a.docx", b"PK\x03\x04"),
        ("a.docx", b"PK\x05\x06" + bytes(18)),  # an empty zip
        ("a.docx", office()[:-30]),
        ("a.docx", b"GIF89a" + office()),
        ("a.docx", hwp()),
    ],
)
def test_other_content_than_the_name_says(name, content):
    assert refusal(name, content) == OTHER


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", office(more=[("word/vbaProject.bin", b"x")])),
        ("a.xlsx", office("xl/", more=[("xl/VBAPROJECT.BIN", b"x")])),
        ("a.docx", office(types=b"application/vnd.ms-word.document.macroEnabled.main+xml")),
        ("a.docx", office(more=[("word/big.xml", bytes(30_000_000))])),  # a bomb by ratio
        ("a.xlsx", office("xl/", more=[(f"xl/{n}", b"") for n in range(2_100)])),
    ],
)
def test_what_would_hurt_whoever_opens_it(name, content):
    assert refusal(name, content) == UNSAFE


def test_a_zip_bomb_by_size(monkeypatch):
    monkeypatch.setattr(files, "MAX_UNPACKED", 1000)
    assert refusal("a.docx", office(more=[("word/x", bytes(1001))])) == UNSAFE


def test_a_big_table_is_no_bomb():
    rows = b"".join(b'<c r="A%d" s="1"><v>%d</v></c>' % (n, n) for n in range(200_000))
    content = office("xl/", more=[("xl/worksheets/sheet1.xml", rows)])
    assert check("a.xlsx", content).bytes == content


def test_protected_documents_say_so():
    locked = bytearray(office())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := locked.find(mark, at + 1)) >= 0:
            locked[at + offset] |= 1
    by_office = OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(100)
    for content in (bytes(locked), by_office):
        assert "암호" in refusal("a.docx", content)


def bomb(width, height):
    """A PNG whose header promises more than it holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@pytest.mark.parametrize(("width", "height"), [(7072, 7072), (10_001, 10_001), (65_000, 65_000)])
def test_too_many_pixels(width, height):
    assert "화소" in refusal("a.png", bomb(width, height))


@pytest.mark.parametrize(
    "content",
    [image(size=(400, 400))[:-200], image("PNG", size=(400, 400))[:150], bomb(4000, 4000)],
)
def test_a_damaged_image(content, monkeypatch):
    name = "a.jpg" if content.startswith(b"\xff\xd8") else "a.png"
    assert "손상" in refusal(name, content)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as another library leaves it
    assert "손상" in refusal(name, content)


@pytest.mark.parametrize("name", ["a.pdf", "a.txt", "a.hwp", "a.docx", "a.jpg"])
def test_an_empty_file(name):
    assert refusal(name, b"") == "빈 파일입니다."
    assert refusal(name, b"", size=100) == "빈 파일입니다."


def test_a_file_too_big():
    most = b"a" * files.MAX_BYTES
    assert len(check("a.txt", most).bytes) == files.MAX_BYTES
    assert "10MB" in refusal("a.txt", most + b"a")
    assert "10MB" in refusal("a.txt", most + b"a", size=1)  # the sender says less
    assert "10MB" in refusal("a.txt", b"a", size=files.MAX_BYTES + 1)


@pytest.mark.parametrize(
    "name",
    [
        "a.exe",
        "a.svg",
        "a.html",
        "a.doc",
        "a.docm",
        "a.gif",
        "a",
        "",
        ".pdf.exe",
        "a.pdf.",
        "a.zip",
    ],
)
def test_another_kind(name):
    if name == "a.pdf.":
        assert check(name, PDF).name == "a.pdf"  # Windows drops the full stop as well
    else:
        assert "받을 수 없는 형식" in refusal(name, PDF)


@pytest.mark.parametrize(
    "name",
    [
        "900101-1234567.pdf",
        "홍길동_9001011234567.pdf",
        "900101\u200b-1234567.pdf",
        "９００１０１－１２３４５６７.pdf",
        "900101-1234567/붙임.pdf",
        f"{'가' * 300} 900101-1234567.pdf",  # beyond where the name is cut
    ],
)
def test_a_resident_number_in_the_name(name):
    assert "주민등록번호" in refusal(name, PDF)


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("붙임 1.pdf", "붙임 1.pdf"),
        (f"{NFD}.pdf", "붙임.pdf"),
        ("../../etc/붙임.pdf", "붙임.pdf"),
        ("C:\\Users\\hong\\붙임.pdf", "붙임.pdf"),
        ("/붙임.pdf", "붙임.pdf"),
        ("붙\x00임\n.pdf", "붙임.pdf"),
        ("붙임\u202efdp.pdf", "붙임fdp.pdf"),
        ("\u2066붙임\u2069\ufeff.pdf", "붙임.pdf"),
        ('붙임: "1"? <최종>|*.pdf', "붙임_ _1__ _최종___.pdf"),
        ("  붙임   1 .pdf ", "붙임 1.pdf"),
        (".pdf", "파일.pdf"),
        ("...pdf", "파일.pdf"),
        ("..", "파일"),
        ("", "파일"),
        ("\u200b.pdf", "파일.pdf"),
        ("붙임.tar.pdf", "붙임.tar.pdf"),
        ("붙임.PDF", "붙임.PDF"),
        ("👩‍👧.pdf", "👩👧.pdf"),
    ],
)
def test_a_name_is_made_safe(name, cleaned):
    assert clean_name(name) == cleaned
    assert clean_name(cleaned) == cleaned


@pytest.mark.parametrize("length", [195, 196, 197, 500])
def test_a_long_name_keeps_its_extension(length):
    name = check(f"{'가' * length}.pdf", PDF).name
    assert len(name) == min(length + 4, 200)
    assert name.endswith("가.pdf")
