"""What each bank puts into the 25 digits of a boleto's free field, and how it prints its own number for the slip.

A boleto can be paid only once its bank has registered it; these layouts make the digits, not the registration.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.boleto import mod10, mod11
from core.problems import Problem

SAMPLE_BANK = "000"
"""No bank has this code: slips that must not be payable carry it with `sample_free_field`."""


@dataclass(frozen=True)
class BankAccount:
    """Where a boleto's money goes, all digits and without check digits; `agreement` is the convênio or
    código do beneficiário.
    """

    bank: str
    branch: str = ""
    account: str = ""
    wallet: str = ""
    agreement: str = ""


def as_typed(bank: str, branch: str, account: str, wallet: str, agreement: str) -> BankAccount:
    """An account as people write it: `1.234-5` is 1234, whose check digit stands behind the hyphen."""
    return BankAccount(bank, _bare(branch), _bare(account), wallet.strip(), _bare(agreement))


def _bare(typed: str) -> str:
    return re.sub(r"[ .]", "", typed.partition("-")[0])


@dataclass(frozen=True)
class Bank:
    """A bank's rules; `printed` is its code with check digit, `lengths` how many digits each account field may have."""

    name: str
    printed: str
    wallets: tuple[str, ...]
    lengths: Mapping[str, range]
    serial_digits: Callable[[BankAccount], int]
    free_field: Callable[[BankAccount, str], str]
    label: Callable[[BankAccount, str], str]


def check(account: BankAccount) -> None:
    """Raises Problem naming the first field that this bank needs and that is missing or wrong."""
    bank = _bank(account)
    for field, lengths in bank.lengths.items():
        digits = getattr(account, field)
        if len(digits) not in lengths or not (digits.isascii() and digits.isdigit()):
            message = _("%(bank)s needs %(least)d to %(most)d digits here, without the check digit.")
            limits = {"bank": bank.name, "least": lengths[0], "most": lengths[-1]}
            raise Problem(message % limits, field=field, code="digits")
    if account.wallet not in bank.wallets:
        message = _("%(bank)s has these wallets: %(wallets)s.")
        known = {"bank": bank.name, "wallets": ", ".join(bank.wallets)}
        raise Problem(message % known, field="wallet", code="wallet")


def free_field(account: BankAccount, our_number: int) -> str:
    """The 25 digits that say whose slip this is; Problem for a bad account or a number beyond the bank's digits."""
    return _bank(account).free_field(account, _serial(account, our_number))


def label(account: BankAccount, our_number: int) -> str:
    """“Nosso número” as this bank prints it, with its check digit; raises like `free_field`."""
    return _bank(account).label(account, _serial(account, our_number))


def max_number(account: BankAccount) -> int:
    """The last `our_number` that this account can print."""
    check(account)
    return int("9" * _bank(account).serial_digits(account))


def sample_free_field(our_number: int) -> str:
    """For slips that must not be payable; they use the bank code `SAMPLE_BANK` and are marked as samples."""
    if not 0 <= our_number < 10**25:
        raise _too_long()
    return f"{our_number:025d}"


def _bank(account: BankAccount) -> Bank:
    bank = BANKS.get(account.bank)
    if bank is None:
        message = _("Boletos can be made for these banks: %(banks)s.")
        raise Problem(message % {"banks": ", ".join(sorted(BANKS))}, field="bank", code="bank")
    return bank


def _serial(account: BankAccount, our_number: int) -> str:
    if not 0 <= our_number <= max_number(account):
        raise _too_long()
    return f"{our_number:0{_bank(account).serial_digits(account)}d}"


def _too_long() -> Problem:
    return Problem(_("This bank has no number left for the slip."), field="our_number", code="our_number")


def _zero_over_nine(check: int) -> str:
    return str(check) if check < 10 else "0"


def _brasil_digits(account: BankAccount) -> int:
    return 5 if len(account.agreement) == 6 else 10


def _brasil(account: BankAccount, serial: str) -> str:
    """Banco do Brasil, “Especificações técnicas para confecção de boleto”: an agreement of 6 digits is followed by 5
    and then by branch, account and wallet; one of 7 by 10 and the wallet. Six digits: vector in the tests.
    """
    if len(account.agreement) == 6:
        place = account.branch.zfill(4) + account.account.zfill(8)
        return account.agreement + serial + place + account.wallet
    return "000000" + account.agreement + serial + account.wallet


def _brasil_label(account: BankAccount, serial: str) -> str:
    """17 digits have no check digit; 11 have one, in which 10 is X."""
    number = account.agreement + serial
    if len(number) == 17:
        return number
    check = mod11(number)
    return f"{number}-X" if check == 10 else f"{number}-{check % 11}"


def _bradesco(account: BankAccount, serial: str) -> str:
    """Bradesco, “Layout de arquivo para cobrança”: branch, wallet, number, account, 0. Vector in the tests."""
    return account.branch.zfill(4) + account.wallet + serial + account.account.zfill(7) + "0"


def _bradesco_label(account: BankAccount, serial: str) -> str:
    """Modulo 11 with weights 2 to 7 over wallet and number, in which 10 is P."""
    check = mod11(account.wallet + serial, top=7)
    return f"{account.wallet}/{serial}-{'P' if check == 10 else check % 11}"


def _itau(account: BankAccount, serial: str) -> str:
    """Itaú, “Cobrança: layout de código de barras”: wallet, number and its digit, branch, account and its digit, 000.

    The vector in the tests is the manual's own. Wallets with rules of their own are not here: those whose digit leaves
    out the account (126, 131, 146, 150, 168) and those with the client's code (107, 122, 142, 143, 196, 198).
    """
    place = _itau_place(account)
    return f"{account.wallet}{serial}{_itau_digit(account, serial)}{place}{mod10(place)}000"


def _itau_place(account: BankAccount) -> str:
    return account.branch.zfill(4) + account.account.zfill(5)


def _itau_digit(account: BankAccount, serial: str) -> int:
    return mod10(_itau_place(account) + account.wallet + serial)


def _itau_label(account: BankAccount, serial: str) -> str:
    return f"{account.wallet}/{serial}-{_itau_digit(account, serial)}"


def _santander(account: BankAccount, serial: str) -> str:
    """Santander, “Layout de código de barras, Santander 033”: 9, beneficiary, number and its digit, 0 (IOF, for
    insurers only), wallet. The vector in the tests is the manual's own, as public code quotes it.
    """
    return f"9{account.agreement.zfill(7)}{serial}{_zero_over_nine(mod11(serial))}0{account.wallet}"


def _santander_label(account: BankAccount, serial: str) -> str:
    return f"{serial}-{_zero_over_nine(mod11(serial))}"


def _caixa(account: BankAccount, serial: str) -> str:
    """Caixa, “Especificação de código de barras, SIGCB”: beneficiary, then the number's first three digits, the
    wallet's first, three more, its second, the last nine, and a check digit over all.

    The vector in the tests is the manual's own, as public code quotes it, for beneficiaries of six digits and their
    check digit; those of seven have none, a rule for which no published vector was at hand.
    """
    code = account.agreement
    if len(code) < 7:
        code = code.zfill(6)
        code += _zero_over_nine(mod11(code))
    wallet = account.wallet
    digits = code + serial[:3] + wallet[0] + serial[3:6] + wallet[1] + serial[6:]
    return digits + _zero_over_nine(mod11(digits))


def _caixa_label(account: BankAccount, serial: str) -> str:
    return f"{account.wallet}/{serial}-{_zero_over_nine(mod11(account.wallet + serial))}"


BANKS: dict[str, Bank] = {
    "001": Bank(
        name="Banco do Brasil",
        printed="001-9",
        wallets=("11", "12", "15", "17", "18", "31", "51"),
        lengths={"branch": range(1, 5), "account": range(1, 9), "agreement": range(6, 8)},
        serial_digits=_brasil_digits,
        free_field=_brasil,
        label=_brasil_label,
    ),
    "033": Bank(
        name="Santander",
        printed="033-7",
        wallets=("101", "102", "201"),
        lengths={"branch": range(1, 5), "agreement": range(1, 8)},
        serial_digits=lambda account: 12,
        free_field=_santander,
        label=_santander_label,
    ),
    "104": Bank(
        name="Caixa",
        printed="104-0",
        wallets=("14", "24"),
        lengths={"branch": range(1, 5), "agreement": range(1, 8)},
        serial_digits=lambda account: 15,
        free_field=_caixa,
        label=_caixa_label,
    ),
    "237": Bank(
        name="Bradesco",
        printed="237-2",
        wallets=("02", "03", "04", "06", "09", "16", "19", "21", "25", "26"),
        lengths={"branch": range(1, 5), "account": range(1, 8)},
        serial_digits=lambda account: 11,
        free_field=_bradesco,
        label=_bradesco_label,
    ),
    "341": Bank(
        name="Itaú",
        printed="341-7",
        wallets=("109", "110", "111", "115", "121", "175", "180", "188"),
        lengths={"branch": range(1, 5), "account": range(1, 6)},
        serial_digits=lambda account: 8,
        free_field=_itau,
        label=_itau_label,
    ),
}
