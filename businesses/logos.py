"""A business's logo: painted anew, kept under a random name for ever, because issued invoices show the old one."""

import base64
from contextlib import suppress

from core import files

BOX = (600, 240)


def store_logo(data: bytes) -> str:
    """Keep a PNG or JPEG as a clean PNG; returns its key. Raises Problem when it is not a picture."""
    return files.store("logos", "png", files.repainted_png(data, box=BOX))


def logo_address(key: str) -> str:
    """The picture itself as a `data:` address, so that no page has to serve it; empty when there is none."""
    with suppress(OSError):
        return f"data:image/png;base64,{base64.b64encode(files.read(key)).decode()}" if key else ""
    return ""
