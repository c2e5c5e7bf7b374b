"""Which test reaches which function: measured on an instrumented copy of the platform, kept as a map.

`functions` takes source files apart, `instrument` writes the copy, `recorder` and `plugin` are put into it and note
what runs, `recording` reads their notes, `reach_map` keeps them, `changes` and `selection` say which tests a change can
touch. Nothing in `services/` or `shared/` knows of it.
"""
