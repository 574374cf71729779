"""Files from outside: kept under random names, pictures painted anew, types and sizes on a short list."""

import io
import logging
import os
import warnings
from contextlib import suppress

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from core.ids import new_token
from core.problems import Problem

logger = logging.getLogger(__name__)

MAX_PIXELS = 25_000_000
MAX_FILE = 10_000_000
TYPES: dict[str, tuple[str, bytes]] = {
    "pdf": ("application/pdf", b"%PDF-"),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    "xml": ("application/xml", b"<"),
    "csv": ("text/csv", b""),
    "txt": ("text/plain", b""),
    "zip": ("application/zip", b"PK\x03\x04"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04"),
}
"""Ending → (type that we serve, how the bytes must begin). Nothing that a browser would run."""


def checked_type(name: str, data: bytes, *, field: str = "file") -> str:
    """The type under which a file may be kept; refuses endings not listed, bytes that disagree, and large files."""
    kind, magic = TYPES.get(name.rpartition(".")[2].lower(), ("", b""))
    if not kind or not data.lstrip(b"\xef\xbb\xbf \r\n").startswith(magic):
        message = _("Files of this type cannot be attached. Allowed: %(types)s.")
        raise Problem(message % {"types": ", ".join(sorted(TYPES))}, field=field, code="type")
    if len(data) > MAX_FILE:
        raise Problem(_("At most 10 MB."), field=field, code="too_large")
    return kind


def repainted_png(data: bytes, *, box: tuple[int, int], field: str = "logo") -> bytes:
    """A PNG or JPEG decoded and written anew as PNG, within `box` pixels: nothing hidden in it survives."""
    if len(data) > MAX_FILE:
        raise Problem(_("At most 10 MB."), field=field, code="too_large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]).verify()
            picture: Image.Image = Image.open(io.BytesIO(data), formats=["PNG", "JPEG"])
            if picture.width * picture.height > MAX_PIXELS:
                raise Problem(_("This picture has too many pixels."), field=field, code="too_large")
            picture = picture.convert("RGBA")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Warning,
    ) as error:
        raise Problem(_("Use a PNG or JPEG picture."), field=field, code="picture") from error
    picture.thumbnail(box)
    clean = Image.new("RGBA", picture.size)
    clean.paste(picture)
    out = io.BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()


def store(folder: str, ending: str, data: bytes) -> str:
    """Write new bytes under a random name and return its key. The file is whole and on disk, or not there."""
    try:
        key = default_storage.save(f"{folder}/{new_token()}.{ending}", ContentFile(data))
    except OSError as error:
        logger.exception("the storage refused a file")
        raise Problem(_("The file cannot be stored right now."), field="file", code="storage") from error
    with suppress(NotImplementedError, OSError):
        _sync(default_storage.path(key))
    return key


def discard(key: str) -> None:
    """Drop a file that no row has ever named."""
    default_storage.delete(key)


def read(key: str) -> bytes:
    with default_storage.open(key) as stored:
        return bytes(stored.read())


def _sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
