"""Affected first: what an edit can touch runs before everything else, and says what it knows.

`edits` finds what differs, `order` puts the tests that reach it in an order, `run` runs them (`collector` is what it
loads into pytest, `standing` the fleet that they talk to), `words` tells the result, `grading` brings the same order
into a grading. `sample` draws edits and `measure` measures all of it on them.
"""
