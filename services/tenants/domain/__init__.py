"""The rules of tenancy: pure, typed, without a clock, a database or randomness of their own."""
