"""Fields of the Django services that keep what was sent: text, numbers digit by digit, money, and JSON as it comes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shared.utils.decimals import parse_decimal, plain
from shared.utils.money import Money, exponent

CURRENCY = r"^[A-Z]{3}\Z"


class Text(serializers.CharField):
    """Text that is kept as it was sent, blanks at its ends included. Blanks alone are no text."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(trim_whitespace=False, **keywords)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The framework's, with blanks alone as blank."""
        if isinstance(data, str) and data and not data.strip() and not self.allow_blank:
            self.fail("blank")
        return super().run_validation(data)


class Exact(serializers.DecimalField):
    """A decimal that comes as text (`"12.5"`) or as an integer, and is kept digit by digit; floats are refused."""

    default_error_messages = {"plain": "write a decimal number as text, with digits and a point"}

    def __init__(self, max_digits: int, decimal_places: int, **keywords: Any) -> None:
        super().__init__(max_digits, decimal_places, **keywords)
        sign = "-?" if self.min_value is None or self.min_value < 0 else ""
        pattern = rf"^{sign}0*[0-9]{{1,{max_digits - decimal_places}}}(\.[0-9]{{1,{decimal_places}}})?$"
        extend_schema_field({"type": "string", "format": "decimal", "pattern": pattern})(self)

    def to_internal_value(self, data: Any) -> Decimal:
        """Raises ValidationError for anything but plain decimal text and integers."""
        text = str(data) if isinstance(data, int) and not isinstance(data, bool) else data
        if not isinstance(text, str) or len(text) > self.MAX_STRING_LENGTH:
            self.fail("plain")
        try:
            parse_decimal(text)
        except ValueError:
            self.fail("plain")
        return Decimal(super().to_internal_value(text))


@extend_schema_field({"type": "string", "format": "decimal"})
class Quantity(serializers.Field):
    """A quantity as text, all digits of it and no zeros at its end."""

    def to_representation(self, value: Decimal) -> str:
        """`12.5`, `100`."""
        return plain(value)


@extend_schema_field({"type": "string", "format": "decimal"})
class Amount(serializers.Field):
    """An amount as text with exactly the digits of its row's currency: 1.50 USD, 2 JPY, 0.125 BHD, 0.0015 CLF."""

    def get_attribute(self, instance: Any) -> str | None:
        """The row's amount and currency together."""
        amount = super().get_attribute(instance)
        return None if amount is None else in_currency(amount, _currency_of(instance))

    def to_representation(self, value: str) -> str:
        """As it is."""
        return value


class Currency(serializers.RegexField):
    """The code of a currency in use. Raises UnknownCurrency for one that ISO 4217 doesn't list."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(CURRENCY, trim_whitespace=False, **keywords)

    def to_internal_value(self, data: Any) -> str:
        """The code."""
        return str(super().to_internal_value(data))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """After its form, the list."""
        code = super().run_validation(data)
        if isinstance(code, str):
            exponent(code)
        return code


@extend_schema_field({"anyOf": [{}]})  # Room for the null that the framework adds.
class AnyValue(serializers.Field):
    """Any JSON value, as it is."""

    def to_internal_value(self, data: Any) -> Any:
        """As it is."""
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


@extend_schema_field({"type": "object", "additionalProperties": True})
class JsonObject(AnyValue):
    """A JSON object, as it is."""

    default_error_messages = {"invalid": "this is a JSON object"}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The object. Raises ValidationError for anything else."""
        if not isinstance(data, dict):
            self.fail("invalid")
        return data


def in_currency(amount: Decimal, currency: str) -> str:
    """An amount as text with exactly the digits of its currency: 1.50 USD, 2 JPY, 0.125 BHD."""
    return str(Money(Decimal(amount), currency).rounded().amount)


def _currency_of(instance: Any) -> str:
    """A row's currency; a part of an invoice has its invoice's."""
    return str(instance.currency if hasattr(instance, "currency") else instance.invoice.currency)
