"""Model fields that keep their own rules: exact scaled numbers, clean text, limited JSON."""

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import EmptyResultSet, ValidationError
from django.core.validators import DecimalValidator
from django.db import models
from django.db.models.lookups import Exact, In
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.text import clean_text
from core.typed import TypedDecimalField

if TYPE_CHECKING:
    WholeColumn = models.BigIntegerField[Decimal | int, Decimal]
    LineColumn = models.CharField[str, str]
    BlockColumn = models.TextField[str, str]
else:
    WholeColumn, LineColumn, BlockColumn = models.BigIntegerField, models.CharField, models.TextField

MAX_POWER = 18
"""Of ten: what a 64-bit column holds."""


class ScaledField(WholeColumn):
    """A Decimal with a fixed number of `places`, stored as a whole number: exact on every database.

    SQLite keeps decimal columns as floats, so money and rates never live in one.
    """

    _pyi_private_set_type: (
        Any  # what django-stubs lets a model's constructor take; its own is float | int | str
    )
    _validators: list[Any]

    def __init__(self, *args: Any, places: int, digits: int = 15, **kwargs: Any) -> None:
        self.places = places
        self.digits = digits
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "places": self.places, "digits": self.digits}

    def from_db_value(self, value: int | None, *_args: object) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.places)

    def to_python(self, value: Any) -> Decimal | None:
        """Finite, so that validators may compare it."""
        if value is None:
            return None
        number = value if isinstance(value, Decimal) else self._form_field().to_python(str(value))
        if number is not None and not number.is_finite():
            raise ValidationError(_("Enter a number."), code="invalid")
        return number

    def get_prep_value(self, value: Any) -> int | None:
        number = self.to_python(value)
        if number is None:
            return None
        if number.adjusted() + self.places > MAX_POWER:
            raise ValidationError(_("This number is too large."), code="too_large")
        scaled = number.scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ValidationError(_("Too many decimal places."), code="decimals")
        return int(scaled)

    def _form_field(self) -> forms.DecimalField:
        return forms.DecimalField(max_digits=self.digits, decimal_places=self.places)

    def formfield(self, **kwargs: Any) -> Any:
        defaults = {
            "form_class": TypedDecimalField,
            "max_digits": self.digits,
            "decimal_places": self.places,
            "localize": True,
        }
        return models.Field.formfield(self, **{**defaults, **kwargs})

    @cached_property
    def validators(self) -> list[Any]:
        """Not BigIntegerField's own, which would compare the stored number."""
        return [*self.default_validators, *self._validators, DecimalValidator(self.digits, self.places)]


class LineField(LineColumn):
    """One line of clean text (see `core.text`)."""

    def to_python(self, value: Any) -> Any:
        return clean_text(value, limit=self.max_length or 200) if isinstance(value, str) else value


def _is_blank(value: object) -> bool:
    """Text of which cleaning leaves nothing: asked for, it must not find the rows that have no text."""
    return isinstance(value, str) and bool(value) and not value.strip()


@LineField.register_lookup
class LineExact(Exact):
    def __init__(self, lhs: Any, rhs: Any) -> None:
        self.finds_nothing = _is_blank(rhs)
        super().__init__(lhs, rhs)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if self.finds_nothing:
            raise EmptyResultSet
        return super().as_sql(compiler, connection)


@LineField.register_lookup
class LineIn(In):
    def __init__(self, lhs: Any, rhs: Any) -> None:
        if isinstance(rhs, list | tuple | set | frozenset):
            rhs = [value for value in rhs if not _is_blank(value)]
        super().__init__(lhs, rhs)


class BlockField(BlockColumn):
    """Several lines of clean text, with a limit that forms know too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 2000, **kwargs})

    def to_python(self, value: Any) -> Any:
        return (
            clean_text(value, limit=self.max_length or 2000, lines=True) if isinstance(value, str) else value
        )


JSON_DEPTH, JSON_LENGTH = 8, 16_384


def validate_small_json(value: object) -> None:
    """Plain JSON, shallow and at most 16 KB, its texts clean: no row can make a list page heavy or break an export."""
    level: list[object] = [value]
    for _depth in range(JSON_DEPTH + 1):
        level = [child for item in level for child in _children(item)]
    if level:
        raise ValidationError(_("This is nested too deeply."), code="depth")
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValidationError(_("This is not plain JSON."), code="json") from error
    if len(text) > JSON_LENGTH:
        raise ValidationError(_("At most 16 KB."), code="too_long")


def _children(item: object) -> list[object]:
    if isinstance(item, str):
        clean_text(item, limit=JSON_LENGTH, lines=True)
        return []
    if isinstance(item, dict):
        return [*item.keys(), *item.values()]
    return list(item) if isinstance(item, list | tuple) else []


class SmallJSONField(models.JSONField):
    default_validators = [validate_small_json]
