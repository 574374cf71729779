"""Why a line of a collection return is there: the banks' occurrence codes, in words."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

CONFIRMED = gettext_lazy("boleto registered")
REJECTED = gettext_lazy("registration rejected")
WRITTEN_OFF = gettext_lazy("written off without payment")
WRITTEN_OFF_PAID = gettext_lazy("written off because it had been paid")
PENDING = gettext_lazy("still open")
REBATE = gettext_lazy("rebate granted")
NO_REBATE = gettext_lazy("rebate cancelled")
NEW_DUE_DATE = gettext_lazy("due date changed")
PROTEST = gettext_lazy("protest instruction received")
NO_PROTEST = gettext_lazy("instruction to stop the protest received")
AT_NOTARY = gettext_lazy("sent to the notary")
FROM_NOTARY = gettext_lazy("withdrawn from the notary")
PROTESTED = gettext_lazy("written off after protest")
REFUSED = gettext_lazy("instruction rejected")
CHANGED = gettext_lazy("data changed")
CHARGED = gettext_lazy("fees charged")
CANCELLED = gettext_lazy("payment cancelled")
CHEQUE = gettext_lazy("paid by cheque, not yet cleared")
BOUNCED = gettext_lazy("paid by a cheque that bounced")

FEBRABAN = {
    "02": CONFIRMED, "03": REJECTED, "09": WRITTEN_OFF, "11": PENDING, "12": REBATE, "13": NO_REBATE,
    "14": NEW_DUE_DATE, "19": PROTEST, "20": NO_PROTEST, "23": AT_NOTARY, "24": FROM_NOTARY, "25": PROTESTED,
    "26": REFUSED, "27": CHANGED, "28": CHARGED, "30": REFUSED, "44": BOUNCED, "50": CHEQUE,
}  # fmt: skip
"""FEBRABAN, layout padrão 240 posições, note C044."""
ITAU = {
    "02": CONFIRMED, "03": REJECTED, "04": CHANGED, "05": CHANGED, "09": WRITTEN_OFF, "10": WRITTEN_OFF_PAID,
    "11": PENDING, "12": REBATE, "13": NO_REBATE, "14": NEW_DUE_DATE, "15": REFUSED, "16": REFUSED, "17": REFUSED,
    "19": PROTEST, "20": NO_PROTEST, "23": AT_NOTARY, "32": PROTESTED, "65": CHEQUE, "69": BOUNCED,
}  # fmt: skip
BRADESCO = {
    "02": CONFIRMED, "03": REJECTED, "09": WRITTEN_OFF, "10": WRITTEN_OFF, "11": PENDING, "12": REBATE,
    "13": NO_REBATE, "14": NEW_DUE_DATE, "16": CHEQUE, "19": PROTEST, "20": NO_PROTEST, "22": CANCELLED,
    "23": AT_NOTARY, "24": REJECTED, "27": REFUSED, "28": CHARGED, "30": REFUSED, "32": REFUSED, "33": CHANGED,
    "34": FROM_NOTARY, "40": CANCELLED,
}  # fmt: skip
BRASIL = {
    "02": CONFIRMED, "03": REFUSED, "09": WRITTEN_OFF, "10": WRITTEN_OFF, "11": PENDING, "12": REBATE,
    "13": NO_REBATE, "14": NEW_DUE_DATE, "16": CHANGED, "19": PROTEST, "20": CHARGED, "23": AT_NOTARY,
    "24": NO_PROTEST, "28": CHARGED, "44": BOUNCED, "46": CHEQUE, "96": CHARGED, "97": CHARGED, "98": CHARGED,
}  # fmt: skip


def reason(code: str, names: Mapping[str, object]) -> str:
    """For a line that reports no payment."""
    if code in names:
        return _("Occurrence %(code)s: %(name)s.") % {"code": code, "name": names[code]}
    return _("Occurrence %(code)s, which is no payment.") % {"code": code}
