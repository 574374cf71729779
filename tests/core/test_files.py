"""Files from outside: pictures are painted anew, and what is not a picture is refused however it is dressed."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from core import files
from core.problems import Problem


def png(size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", size, (200, 30, 30, 255)).save(out, "PNG", **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side: int) -> bytes:
    """A few bytes that say they are a huge picture."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_painted_anew_within_its_box(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (1200, 300), "blue").save(out, kind)
    picture = Image.open(io.BytesIO(files.repainted_png(out.getvalue(), box=(600, 240))))
    assert (picture.format, picture.size) == ("PNG", (600, 150))


def test_nothing_hidden_in_a_picture_survives() -> None:
    """Text chunks, and a script or an archive behind the picture's end."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<?php system($_GET[0]); ?>")
    dirty = png(pnginfo=notes) + b"<script>alert(1)</script>PK\x03\x04"
    clean = files.repainted_png(dirty, box=(600, 240))
    assert all(word not in clean for word in (b"php", b"script", b"PK\x03\x04", b"tEXt"))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GIF89a" + b"0" * 50, b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"<?php echo 1;",
        b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n<script>", b"\xff\xd8\xff\xe0<html>", png()[:60],
        b"%!PS-Adobe-3.0 EPSF-3.0", bomb(50_000), bomb(5_001),
    ],
)  # fmt: skip
def test_what_is_not_a_small_whole_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Problem) as refusal:
        files.repainted_png(data, box=(600, 240))
    assert refusal.value.field == "logo"


def test_a_file_above_the_limit_is_not_even_opened() -> None:
    with pytest.raises(Problem) as refusal:
        files.repainted_png(b"\x89PNG" + b"0" * files.MAX_FILE, box=(1, 1))
    assert refusal.value.code == "too_large"


@pytest.mark.parametrize("ending", files.TYPES)
def test_a_listed_type_needs_its_own_first_bytes(ending: str) -> None:
    kind, magic = files.TYPES[ending]
    assert files.checked_type(f"A.{ending.upper()}", magic + b"rest") == kind
    if magic:
        with pytest.raises(Problem):
            files.checked_type(f"a.{ending}", b"MZ" + magic)


def test_no_type_on_the_list_is_one_that_a_browser_runs() -> None:
    assert not {"text/html", "image/svg+xml", "application/javascript", "application/xhtml+xml"} & {
        kind for kind, _magic in files.TYPES.values()
    }


def test_a_stored_file_has_a_random_name_and_comes_back(media: Path) -> None:
    keys = [files.store("box", "bin", b"same") for _time in range(2)]
    assert len(set(keys)) == 2
    assert [files.read(key) for key in keys] == [b"same", b"same"]
    assert all(len(Path(key).stem) >= 22 for key in keys)


def test_a_discarded_file_is_gone(media: Path) -> None:
    files.discard(files.store("box", "bin", b"x"))
    assert [path for path in media.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("key", ["../secret", "/etc/passwd", "a/../../secret"])
def test_a_key_cannot_leave_the_storage(media: Path, key: str) -> None:
    with pytest.raises(Exception, match="(?i)suspicious|outside|located|detected"):
        files.read(key)
