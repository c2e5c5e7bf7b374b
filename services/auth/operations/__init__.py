"""Use cases of the auth service, by noun. Each runs in the transaction of its request, its events included."""
