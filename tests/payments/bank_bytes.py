"""Bank files as bytes, written for invoices of the tests: OFX, CNAB 400 of Itaú, CNAB 240, CSV."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from businesses.models import Account, Business
from tests.factories import DUE

MARIA = "MARIA SOUZA"


def itau(business: Business, **fields: Any) -> Account:
    """An account whose bank issues boletos."""
    values: dict[str, Any] = {
        "name": "Itaú",
        "bank_code": "341",
        "branch": "0123",
        "number": "45678",
        "wallet": "109",
        "pix_key": "contas@padaria.example",
    }
    account: Account = Account.objects.create(business=business, **{**values, **fields})
    return account


def ofx(*rows: tuple[int, str], on: date = DUE, account: str = "0123456789", serial: str = "a") -> bytes:
    """A statement with a credit for each (minor units, text)."""
    movements = "".join(
        f"<STMTTRN><TRNTYPE>{'CREDIT' if amount > 0 else 'DEBIT'}<DTPOSTED>{on:%Y%m%d}"
        f"<TRNAMT>{amount // 100 if amount > 0 else -(-amount // 100)}.{abs(amount) % 100:02}"
        f"<FITID>{serial}{i}<MEMO>{text}</STMTTRN>\n"
        for i, (amount, text) in enumerate(rows)
    )
    head = "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>BRL"
    place = f"<BANKACCTFROM><BANKID>0341<ACCTID>{account}</BANKACCTFROM><BANKTRANLIST>\n"
    tail = "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    return f"{head}{place}{movements}{tail}".encode()


def _record(width: int, *fields: tuple[int, str]) -> list[str]:
    """Texts at positions that count from 1."""
    row = [" "] * width
    for start, text in fields:
        row[start - 1 : start - 1 + len(text)] = text
    return row


def cnab400(
    *paid: tuple[int, int, int], on: date = DUE, bank: str = "341", account: str = "012300456789"
) -> bytes:
    """Itaú's return: (our number, what reaches the account, fee) for each boleto paid."""
    rows = [_record(400, (1, "02RETORNO01COBRANCA"), (27, account), (77, bank))]
    rows += [
        _record(
            400, (1, "1"), (18, account), (63, f"{number:08}"), (109, f"06{on:%d%m%y}"), (176, f"{fee:013}"),
            (254, f"{net:013}"), (325, MARIA),
        )
        for number, net, fee in paid
    ]  # fmt: skip
    rows.append(_record(400, (1, "9201341")))
    numbered = [row[:394] + list(f"{i:06}") for i, row in enumerate(rows, 1)]
    return "\r\n".join(map("".join, numbered)).encode()


def cnab240(*paid: tuple[int, int, int], on: date = DUE) -> bytes:
    """Itaú's return in the common layout: (our number, what was paid, fee) for each boleto."""
    rows = [_record(240, (1, "34100000"), (53, "00123"), (59, "0000000456789"), (143, "2"))]
    for number, amount, fee in paid:
        title = (38, f"109{number:08}"), (133, f"1{7120188917:015}"), (149, MARIA)
        rows.append(_record(240, (1, "34100013"), (14, "T"), (16, "06"), *title, (199, f"{fee:015}")))
        money = (78, f"{amount:015}"), (93, f"{amount - fee:015}"), (138, f"{on:%d%m%Y}")
        rows.append(_record(240, (1, "34100013"), (14, "U"), (16, "06"), *money))
    rows.append(_record(240, (1, "34199999"), (24, f"{len(rows) + 1:06}")))
    return "\r\n".join(map("".join, rows)).encode()


def csv(*rows: Iterable[str]) -> bytes:
    head = ["Data;Histórico;Valor;CPF/CNPJ;Tarifa"]
    return "\n".join(head + [";".join(row) for row in rows]).encode()
