"""What a camera reads from a page: its codes, from a picture of it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

DPI = 150


def decoded(pdf: bytes, dpi: int = DPI) -> set[str]:
    """The contents of all QR and Interleaved 2 of 5 codes on all pages; without pdftoppm a skip, in CI a failure."""
    if not shutil.which("pdftoppm"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "NOT TESTED, pdftoppm is missing: poppler-utils"
        )
    formats = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.ITF])
    found: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        command = ["pdftoppm", "-r", str(dpi), "-png", "-gray", "-", f"{folder}/page"]
        subprocess.run(command, input=pdf, check=True)
        for page in sorted(Path(folder).iterdir()):
            with Image.open(page) as picture:
                found |= {code.text for code in zxingcpp.read_barcodes(picture, formats)}
    return found
