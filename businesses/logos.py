"""A business's logo: painted anew, kept under a random name for ever, because issued invoices show the old one."""

from core import files

BOX = (600, 240)


def store_logo(data: bytes) -> str:
    """Keep a PNG or JPEG as a clean PNG; returns its key. Raises Problem when it is not a picture."""
    return files.store("logos", "png", files.repainted_png(data, box=BOX))
