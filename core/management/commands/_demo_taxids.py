"""Brazilian tax ids with right check digits, for made-up people and companies."""

from collections.abc import Iterable

CPF_WEIGHTS = range(2, 12)
CNPJ_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9) * 2


def cpf(base: str) -> str:
    """Nine digits and the two that check them."""
    return _checked(base, CPF_WEIGHTS)


def cnpj(base: str) -> str:
    """Twelve digits or letters and the two digits that check them; a letter counts as its ASCII code less 48."""
    return _checked(base, CNPJ_WEIGHTS)


def _checked(base: str, weights: Iterable[int]) -> str:
    for _digit in range(2):
        rest = (
            sum((ord(char) - 48) * weight for char, weight in zip(reversed(base), weights, strict=False)) % 11
        )
        base += "0" if rest < 2 else str(11 - rest)
    return base
