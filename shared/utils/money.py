"""Exact money. Amounts are `Decimal`; a float never gets in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from shared.errors import ValidationFailed

# ISO 4217 minor-unit exponents that differ from two.
EXPONENTS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip


class CurrencyMismatch(ValidationFailed):
    """Two amounts of different currencies were added or compared."""

    code = "currency_mismatch"


class InvalidAmount(ValidationFailed):
    """Text that is not a finite decimal number."""

    code = "invalid_money"


def exponent(currency: str) -> int:
    """Digits after the point of the currency's minor unit (ISO 4217): USD 2, JPY 0, BHD 3."""
    return EXPONENTS.get(currency, 2)


@dataclass(frozen=True, order=False)
class Money:
    """An amount of one currency, at full precision until `rounded` is asked for."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"money takes a Decimal, not {type(self.amount).__name__}")

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Money:
        """Money from text, an integer or a Decimal. Raises InvalidAmount for anything that isn't finite."""
        try:
            value = Decimal(amount)
        except InvalidOperation as error:
            raise InvalidAmount(f"{amount!r} is not a decimal number") from error
        if not value.is_finite():
            raise InvalidAmount(f"{amount!r} is not a finite number")
        return cls(value, currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in a currency."""
        return cls(Decimal(0), currency)

    @classmethod
    def from_minor(cls, units: int, currency: str) -> Money:
        """Money from an integer count of minor units (cents for USD, yen for JPY, fils for BHD)."""
        return cls(Decimal(units).scaleb(-exponent(currency)), currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The sum; zero of `currency` when there is nothing. Raises CurrencyMismatch."""
        result = cls.zero(currency)
        for amount in amounts:
            result = result + amount
        return result

    def rounded(self) -> Money:
        """Rounded half up to the currency's minor unit, as invoices are."""
        return Money(self.amount.quantize(Decimal(1).scaleb(-exponent(self.currency)), ROUND_HALF_UP), self.currency)

    def minor_units(self) -> int:
        """The rounded amount as an integer count of minor units."""
        return int(self.rounded().amount.scaleb(exponent(self.currency)))

    def _same(self, other: Money) -> Money:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} can't be combined")
        return other

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other).amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        if not isinstance(factor, Decimal | int):
            raise TypeError(f"money is multiplied by Decimal or int, not {type(factor).__name__}")
        return Money(self.amount * factor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

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
