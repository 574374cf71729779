"""Numbers as somebody types them, with the marks of their language."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format


class TypedDecimalField(forms.DecimalField):
    """The marks stand where the reader's language puts them: `1,50` typed in English is refused, not read as 150."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip() and not _is_written_well(value.strip()):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


def _is_written_well(text: str) -> bool:
    thousand, decimal = (re.escape(get_format(name)) for name in ("THOUSAND_SEPARATOR", "DECIMAL_SEPARATOR"))
    grouped = rf"-?([0-9]{{1,15}}|[1-9][0-9]{{0,2}}({thousand}[0-9]{{3}}){{1,5}})({decimal}[0-9]{{1,8}})?"
    return bool(re.fullmatch(grouped, text, re.ASCII))
