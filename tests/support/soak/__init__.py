"""Seeded schedules of operations and faults over the whole platform, and the books that must agree after each.

`calls` is one mutation as a careful client makes it, `world` what the schedule knows of what it made, `infrastructure`
and `control` what may be asked for, `drills` what may break, `schedule` the order of it all, `books` what must hold.
"""
