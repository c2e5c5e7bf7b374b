"""Use cases of dns. Each runs in the transaction of its request, its events included.

Every change of a record set locks its zone and moves the zone's serial: secondaries compare nothing else.
"""
