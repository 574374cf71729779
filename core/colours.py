"""A brand colour that stays readable (WCAG 2 contrast): ink on it, a shade for text, a tint for a ground."""

import re
from dataclasses import dataclass

DEFAULT = "#4f46e5"
READABLE = 4.5
WHITE, INKS = "#ffffff", ("#ffffff", "#0f172a", "#000000")


@dataclass(frozen=True)
class Palette:
    accent: str
    ink: str  # on the accent
    strong: str  # the accent, dark enough for text on white and on the tint
    tint: str


def palette(accent: str) -> Palette:
    accent = accent.lower() if re.fullmatch("#[0-9a-fA-F]{6}", accent) else DEFAULT
    tint = mix(accent, WHITE, 0.05)
    ink = next(ink for ink in INKS if contrast(ink, accent) >= READABLE)
    shades = (mix(accent, "#000000", share / 20) for share in range(20, -1, -1))
    strong = next(shade for shade in shades if contrast(shade, tint) >= READABLE)
    return Palette(accent, ink, strong, tint)


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """`share` of the first colour, the rest of the other."""
    parts = (
        round(a * share + b * (1 - share)) for a, b in zip(_channels(colour), _channels(other), strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
