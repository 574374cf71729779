"""The sample files beside the tests: invented payers, the layouts of real banks."""

from pathlib import Path

from payments.bankfiles.detect import read
from payments.bankfiles.movement import BankFile

FOLDER = Path(__file__).parent / "samples"
NAMES = sorted(path.name for path in FOLDER.iterdir())
MARIA = "07120188917"


def data(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def sample(name: str) -> BankFile:
    return read_bytes(data(name))


def read_bytes(content: bytes) -> BankFile:
    return read("upload.bin", content, currency="BRL")


def amounts(found: BankFile) -> list[tuple[int, int]]:
    return [(movement.amount, movement.fee) for movement in found.movements]
