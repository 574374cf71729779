"""What a statement's free text tells about the payer: the Pix txid, a tax id, a name."""

import re

from core import taxids
from core.problems import Problem
from core.taxids import TaxIdKind

OUR_TXID = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{24}[0-9A-Za-z]?(?![0-9A-Za-z])")
ANY_TXID = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9]*[A-Za-z])(?=[A-Za-z]*[0-9])[0-9A-Za-z]{26,35}(?![0-9A-Za-z])"
)
END_TO_END = re.compile(r"[DE][0-9]{20}[0-9A-Za-z]{11}")
"""Names the transfer, not the charge (Banco Central, API Pix: EndToEndId and RtrId)."""
CPF = re.compile(r"(?<![0-9A-Za-z.])[0-9]{3}\.?[0-9]{3}\.?[0-9]{3}-?[0-9]{2}(?![0-9A-Za-z])")
CNPJ = re.compile(
    r"(?<![0-9A-Za-z.])(?:[0-9]{14}|[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-[0-9]{2})(?![0-9A-Za-z])"
)
RECEIVED = re.compile(
    r"(?:PIX|TED|DOC|TEF|TRANSF\w*|RECEB\w*)\b"
    r"(?:[ :.-]+(?:PIX|TED|DOC|TRANSF\w*|RECEB\w*|CR[EÉ]D\w*|QRS?|PELO|REM|DE)\b)*",
    re.IGNORECASE,
)
NOT_A_NAME = re.compile(r"[0-9]{1,2}/[0-9]{1,2}(?:/[0-9]{2,4})?|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")
NAME = re.compile(r"[^\W\d_]+(?:[ .'&]+[^\W\d_]+)+")


def txid_in(text: str) -> str:
    """Our own form first, then any txid of a dynamic charge (26 to 35 letters and digits)."""
    ours = OUR_TXID.search(text)
    if ours:
        return ours[0]
    others = (found[0] for found in ANY_TXID.finditer(text))
    return next((token for token in others if not END_TO_END.fullmatch(token)), "")


def checked_tax_id(text: str, kind: str) -> str:
    """The stored form of a tax id, or nothing when its check digits are wrong: the bank's slip must not stop a file."""
    try:
        return taxids.parse(text, kind)
    except Problem:
        return ""


def tax_id_in(text: str) -> str:
    """The first CNPJ or CPF with right check digits, without punctuation."""
    found = [checked_tax_id(match[0], TaxIdKind.CNPJ) for match in CNPJ.finditer(text)]
    found += [checked_tax_id(match[0], TaxIdKind.CPF) for match in CPF.finditer(text)]
    return next(filter(None, found), "")


def name_in(text: str) -> str:
    """The payer of `PIX RECEBIDO - 12/11 MARIA SOUZA 071.201.889-17`; empty unless the text opens like a transfer."""
    opening = RECEIVED.match(text)
    if not opening:
        return ""
    rest = text[opening.end() :]
    for pattern in (CNPJ, CPF, OUR_TXID, ANY_TXID, NOT_A_NAME):
        rest = pattern.sub(" - ", rest)
    pieces = (piece.strip(" -:.") for piece in rest.split(" - "))
    return next((piece for piece in pieces if NAME.fullmatch(piece)), "")
