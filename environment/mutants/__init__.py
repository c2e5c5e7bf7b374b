"""Mutations by reach: small wrong changes of the platform, and which test notices each.

`operators` makes changes of one place, `sample` draws them from a seed where some test reaches them, `trial` runs tests
on one, `run` decides the whole sample and `report` tells it. `reasons` reads what is known of survivors that no test
can tell from the reference. `unproven` looks from the other side: whether a test notices any change of what it reaches.
"""
