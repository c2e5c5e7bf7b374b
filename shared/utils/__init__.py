"""Small pure helpers: money, clock, identifiers, pagination, units, deadlines, retries."""
