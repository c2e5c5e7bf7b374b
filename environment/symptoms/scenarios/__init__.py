"""Incidents as an engineer on call would get them, and the proof that the buggy fleet says what they quote."""
