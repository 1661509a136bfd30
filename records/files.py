"""What citizens and staff may attach: checked by what is inside, not by what it claims to be.

Allowed are PDF, JPEG, PNG, HWP, HWPX, DOCX, XLSX and plain text up to 10 MB. Images are drawn anew
without metadata, so neither the place where a photo was taken nor anything hidden behind it is
kept. Nothing here is ever unpacked beyond a few bytes.
"""

from __future__ import annotations

import builtins
import hashlib
import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

import filetype
from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps

from records.personal import find_resident_number

MAX_BYTES = 10 * 1024 * 1024
MAX_NAME = 200
MAX_PIXELS = 50_000_000
MAX_ENTRIES = 2_000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 100
_RATIO_COUNTS_FROM = 20 * 1024 * 1024

# For every use of Pillow in this process: a header that promises more is refused, not warned of.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MACROS = ("vbaproject.bin", "vbadata.xml")
_PROTECTED = 0x1  # general purpose bit 0 of a zip entry


class FileRefused(Exception):
    """An upload is not kept. `why` is for the person who sent it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """An upload that passed; `bytes` are what is to be kept (of images, the newly drawn ones)."""

    name: str
    content_type: str
    bytes: builtins.bytes
    sha256: str


def check_upload(*, name: str, data: BinaryIO, size: int) -> CheckedFile:
    """Check one upload and clean its name and, for images, its content. Raises `FileRefused`.

    `size` is what the sender says; what `data` gives is measured all the same.
    """
    cleaned = clean_name(name)
    if find_resident_number(name) or find_resident_number(cleaned):
        raise FileRefused(
            _("파일 이름에 주민등록번호로 보이는 숫자가 있습니다. 이름을 바꿔 주십시오.")
        )
    extension = PurePosixPath(cleaned).suffix.lower()
    if extension not in _KINDS:
        raise FileRefused(
            _("받을 수 없는 형식입니다. PDF, JPG, PNG, HWP, HWPX, DOCX, XLSX, TXT만 됩니다.")
        )
    content = _read(data, size=size)
    content_type, check = _KINDS[extension]
    kept = check(content)
    return CheckedFile(_shorten(cleaned), content_type, kept, hashlib.sha256(kept).hexdigest())


def _read(data: BinaryIO, *, size: int) -> bytes:
    content = b"" if size > MAX_BYTES else data.read(MAX_BYTES + 1)
    if size > MAX_BYTES or len(content) > MAX_BYTES:
        raise FileRefused(_("파일이 10MB보다 큽니다."))
    if not content:
        raise FileRefused(_("빈 파일입니다."))
    return content


# --- names --------------------------------------------------------------------------------------


def clean_name(name: str) -> str:
    """A name that is safe to show and to save under: no folders, no control or unseen characters.

    NFC (macOS sends Hangul in pieces); what Windows forbids becomes "_"; Hangul stays.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    safe = re.sub(r'[<>:"|?*]', "_", " ".join(seen.split())).rstrip(". ")
    stem, dot, extension = safe.rpartition(".")
    stem, extension = (stem.strip(". "), extension.strip()) if dot else (safe.strip(". "), "")
    return f"{stem or _('파일')}{dot}{extension}"


def _shorten(name: str) -> str:
    stem, _dot, extension = name.rpartition(".")
    return f"{stem[: MAX_NAME - len(extension) - 1].rstrip('. ')}.{extension}"


# --- content ------------------------------------------------------------------------------------


def _mismatch() -> FileRefused:
    return FileRefused(_("안에 든 내용이 확장자와 다릅니다."))


def _unsafe() -> FileRefused:
    return FileRefused(_("안전하지 않은 내용이 들어 있어 받을 수 없습니다."))


def _protected() -> FileRefused:
    return FileRefused(_("암호가 걸린 문서는 받을 수 없습니다. 암호를 풀어 다시 보내 주십시오."))


def _pdf(content: bytes) -> bytes:
    if b"%PDF-" not in content[:1024]:
        raise _mismatch()
    return content


def _text(content: bytes) -> bytes:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if all(c in "\t\n\v\f\r\x1a" or unicodedata.category(c) != "Cc" for c in text):
            return content
        break
    raise _mismatch()


def _hwp(content: bytes) -> bytes:
    """HWP 5: an OLE compound file with a stream `FileHeader` that opens with the format's name."""
    stream_name = "FileHeader".encode("utf-16-le")
    if not (
        content.startswith(_OLE) and stream_name in content and b"HWP Document File" in content
    ):
        raise _mismatch()
    return content


def _hwpx(content: bytes) -> bytes:
    """HWPX (KS X 6101, OWPML): a zip whose first entry `mimetype` names the format."""
    with _archive(content) as archive:
        first = archive.infolist()[0]
        if first.filename != "mimetype" or first.header_offset != 0:
            raise _mismatch()
        with archive.open(first) as entry:
            if entry.read(64).strip() != b"application/hwp+zip":
                raise _mismatch()
    return content


def _office(folder: str) -> Callable[[bytes], bytes]:
    def check(content: bytes) -> bytes:
        if content.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in content:
            raise _protected()
        with _archive(content) as archive:
            names = archive.namelist()
            if "[Content_Types].xml" not in names or not any(n.startswith(folder) for n in names):
                raise _mismatch()
            with archive.open("[Content_Types].xml") as entry:
                types = entry.read(1024 * 1024)
            if b"macroEnabled" in types or any(n.lower().endswith(_MACROS) for n in names):
                raise _unsafe()
        return content

    return check


@contextmanager
def _archive(content: bytes) -> Iterator[zipfile.ZipFile]:
    """A zip opened for a look inside; what would hurt whoever unpacks it is refused first.

    A zip with something before its first entry (a polyglot) is no document.
    """
    if not content.startswith(b"PK\x03\x04"):
        raise _mismatch()
    if content.count(b"PK\x01\x02") > MAX_ENTRIES:  # before a directory of them is built
        raise _unsafe()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_bomb(archive.infolist(), packed=len(content))
            yield archive
    except FileRefused:
        raise
    except Exception as error:  # hostile archives fail in many ways: all refused
        raise _mismatch() from error


def _refuse_bomb(entries: list[zipfile.ZipInfo], *, packed: int) -> None:
    if not entries:
        raise _mismatch()
    if any(entry.flag_bits & _PROTECTED for entry in entries):
        raise _protected()
    unpacked = sum(entry.file_size for entry in entries)
    swollen = unpacked > _RATIO_COUNTS_FROM and unpacked > MAX_RATIO * packed
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or swollen:
        raise _unsafe()


def _image(kind: str, mimes: frozenset[str]) -> Callable[[bytes], bytes]:
    def check(content: bytes) -> bytes:
        guess = filetype.guess(content)
        if guess is None or guess.mime not in mimes:
            raise _mismatch()
        try:
            return _draw_anew(content, kind=kind)
        except FileRefused:
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise _too_many_pixels() from error
        except Exception as error:  # damaged images fail in many ways: all refused
            raise FileRefused(_("사진이 손상되어 열 수 없습니다.")) from error

    return check


def _too_many_pixels() -> FileRefused:
    return FileRefused(_("사진이 너무 큽니다. 5천만 화소까지 보내실 수 있습니다."))


def _draw_anew(content: bytes, *, kind: str) -> bytes:
    """The picture alone: upright as its EXIF says, then without EXIF, XMP, text, ICC or frames."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # weasyprint sets it for the whole process when loaded
    with Image.open(io.BytesIO(content), formats=[kind]) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise _too_many_pixels()
        picture = ImageOps.exif_transpose(opened)
    picture.info = {key: picture.info[key] for key in ("transparency",) if key in picture.info}
    if picture.mode not in _MODES[kind]:
        picture = picture.convert("RGB" if kind == "JPEG" else "RGBA")
    drawn = io.BytesIO()
    picture.save(drawn, format=kind, **_SAVE[kind])
    return drawn.getvalue()


_MODES = {"JPEG": {"L", "RGB"}, "PNG": {"1", "L", "LA", "I;16", "P", "RGB", "RGBA"}}
_SAVE: dict[str, dict[str, int]] = {"JPEG": {"quality": 90}, "PNG": {"compress_level": 6}}
_JPEG = _image("JPEG", frozenset({"image/jpeg"}))
_PNG = _image("PNG", frozenset({"image/png", "image/apng"}))

_KINDS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    ".pdf": ("application/pdf", _pdf),
    ".jpg": ("image/jpeg", _JPEG),
    ".jpeg": ("image/jpeg", _JPEG),
    ".png": ("image/png", _PNG),
    ".hwp": ("application/x-hwp", _hwp),
    ".hwpx": ("application/hwp+zip", _hwpx),
    ".docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        _office("word/"),
    ),
    ".xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _office("xl/"),
    ),
    ".txt": ("text/plain", _text),
}
