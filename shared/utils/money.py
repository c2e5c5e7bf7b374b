"""Exact money. Amounts are `Decimal`; a float never gets in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shared.errors import ValidationFailed
from shared.utils.currencies import EXPONENTS
from shared.utils.decimals import EXACT, parse_decimal, rounded_to


class CurrencyMismatch(ValidationFailed):
    """Two amounts of different currencies were added or compared."""

    code = "currency_mismatch"


class InvalidAmount(ValidationFailed):
    """What is not a finite decimal number, or has more digits than its currency."""

    code = "invalid_money"


class UnknownCurrency(ValidationFailed):
    """A code that ISO 4217 doesn't list as a currency in use."""

    code = "unknown_currency"


def exponent(currency: str) -> int:
    """Digits after the point of the currency's minor unit (ISO 4217): USD 2, JPY 0, BHD 3, CLF 4.

    Raises UnknownCurrency.
    """
    digits = EXPONENTS.get(currency)
    if digits is None:
        raise UnknownCurrency(f"{currency!r} is not a currency of ISO 4217")
    return digits


@dataclass(frozen=True, order=False)
class Money:
    """An amount of one currency. Sums and products are exact; nothing is rounded until `rounded` is asked for."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"money takes a Decimal, not {type(self.amount).__name__}")
        exponent(self.currency)

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Money:
        """Money from text (digits and a point), an integer or a Decimal.

        Raises InvalidAmount for anything else, floats above all, and for what isn't finite.
        """
        if isinstance(amount, bool) or not isinstance(amount, str | int | Decimal):
            raise InvalidAmount(f"money is made from text, an integer or a Decimal, not {type(amount).__name__}")
        try:
            value = parse_decimal(amount) if isinstance(amount, str) else Decimal(amount)
        except ValueError as error:
            raise InvalidAmount(f"{amount!r} is not a decimal number") from error
        if not value.is_finite():
            raise InvalidAmount(f"{amount!r} is not a finite number")
        return cls(value, currency)

    @classmethod
    def nearest(cls, amount: Fraction, currency: str) -> Money:
        """The exact amount rounded once, half up, to the currency's minor unit."""
        scaled = amount * 10 ** exponent(currency)
        units = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
        return cls.from_minor(units if scaled >= 0 else -units, currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in a currency."""
        return cls(Decimal(0), currency)

    @classmethod
    def from_minor(cls, units: int, currency: str) -> Money:
        """Money from an integer count of minor units (cents for USD, yen for JPY, fils for BHD)."""
        return cls(EXACT.scaleb(Decimal(units), -exponent(currency)), currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The sum; zero of `currency` when there is nothing. Raises CurrencyMismatch."""
        result = cls.zero(currency)
        for amount in amounts:
            result = result + amount
        return result

    def rounded(self) -> Money:
        """Rounded half up to the currency's minor unit, as invoices are."""
        return Money(rounded_to(self.amount, exponent(self.currency)), self.currency)

    def rounded_down(self) -> Money:
        """The whole minor units in it, what is less than one left out."""
        places = exponent(self.currency)
        units = int(EXACT.scaleb(self.amount, places))
        return Money.from_minor(units, self.currency)

    def is_whole(self) -> bool:
        """Whether it is a whole number of minor units: 0.005 USD and 0.5 JPY aren't."""
        return self.amount == self.rounded().amount

    def minor_units(self) -> int:
        """The rounded amount as an integer count of minor units."""
        return int(EXACT.scaleb(self.rounded().amount, exponent(self.currency)))

    def _same(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} can't be combined")
        return other

    def __add__(self, other: Money) -> Money:
        return Money(EXACT.add(self.amount, self._same(other).amount), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(EXACT.subtract(self.amount, self._same(other).amount), self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        if isinstance(factor, bool) or not isinstance(factor, Decimal | int):
            raise TypeError(f"money is multiplied by Decimal or int, not {type(factor).__name__}")
        return Money(EXACT.multiply(self.amount, Decimal(factor)), self.currency)

    def __neg__(self) -> Money:
        return Money(EXACT.minus(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other).amount

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other).amount

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other).amount

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other).amount

    def __str__(self) -> str:
        return f"{self.rounded().amount} {self.currency}"
