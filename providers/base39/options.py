"""What one key of a Base39 client has of its own, in `ApiKey.options` (`manage.py api_key create --options JSON`):

{"money": "minor",                                                  amounts are cents; else reais (001 is silent)
 "refunded": true,                                                  says `refunded`, which 001 does not know
 "invoices": {"pay_off": {"updateInvoiceItemOnInsert": true}}}      001's `settings.invoices[type]`
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Options:
    """`inserts`: the invoice types whose new items get the business's discount and fine by themselves."""

    minor: bool = False
    tells_refunds: bool = False
    inserts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, value: Any) -> "Options":
        value = value if isinstance(value, dict) else {}
        by_type = value.get("invoices")
        types = by_type.items() if isinstance(by_type, dict) else ()
        return cls(
            minor=value.get("money") == "minor",
            tells_refunds=value.get("refunded") is True,
            inserts=frozenset(name for name, own in types if _is_on(own)),
        )


def _is_on(own: object) -> bool:
    return isinstance(own, dict) and own.get("updateInvoiceItemOnInsert") is True
