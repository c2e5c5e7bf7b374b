"""Quota kept by the tenants service: reserve, create, commit, release, in the same way in every service.

A reservation is made before its resource, in the request, and settled by the resource's own event once the resource is
there or gone, so that quota follows what was committed and nothing else. What gets lost on the way (a process that
dies between reserving and creating, an event that is put aside) ends by the reservation's expiry or by the sweep.
"""

from shared.quotas.claims import Claim, claim
from shared.quotas.reservations import Quotas
from shared.quotas.settlement import Counted, settlements
from shared.quotas.sweep import QuotaSweep

__all__ = ["Claim", "Counted", "QuotaSweep", "Quotas", "claim", "settlements"]
