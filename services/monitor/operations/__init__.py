"""Use cases of monitor: each runs in the transaction of its request, its events included."""
