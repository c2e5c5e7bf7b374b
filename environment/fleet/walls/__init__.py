"""Walls between parties that must not read or signal each other: users, namespaces, Landlock, limits.

`host` says what this machine can give, `room` describes what one party may touch and enters it, in a process that is
about to become that party's. `landlock` and `namespaces` are thin layers over the kernel; `libraries` knows what a
Python process must be able to read, `interpreter` lays out one that knows nothing of a package that is to stay hidden.
"""
