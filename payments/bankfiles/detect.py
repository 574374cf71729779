"""The one door: bytes of any bank file to its movements, whatever the file is called."""

import re

from payments.bankfiles import cnab240, cnab400, csvfile, ofx
from payments.bankfiles.csvfile import CsvMapping
from payments.bankfiles.movement import BankFile
from payments.bankfiles.reading import decode

HEAD = 4096
SIGNS = {
    ofx.read: re.compile(r"OFXHEADER|<OFX[ >]", re.IGNORECASE),
    cnab400.read: re.compile(r"\A0[12](?:RETORNO|REMESSA)"),
    cnab240.read: re.compile(r"\A[0-9]{3}00000[^\n]{100}"),
}


def read(name: str, data: bytes, *, currency: str, mapping: CsvMapping | None = None) -> BankFile:
    """Every movement of the file or none: anything that cannot be read is a Problem on `file` that names the line.

    `name` is not trusted to say what the file is. A CSV is read by `mapping`, else by what its headings suggest.
    """
    text = decode(data)
    for reader, sign in SIGNS.items():
        if sign.search(text[:HEAD]):
            return reader(text, currency=currency)
    return csvfile.read(text, currency=currency, mapping=mapping or csvfile.guess(data))
