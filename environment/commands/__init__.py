"""Commands of `omnicloud`. Each module offers `register(app)`; those that are there are found by name."""
