"""The rules of identity: pure, typed, without a clock, a database or randomness of their own."""
