"""Runs test suites from outside and says what passed.

`plugin` is the only module that is loaded into a pytest process; it is copied next to the results' channel first, so
that nothing of the environment is importable there. `runner` starts the processes, `twins` makes tests that must
fail, `grade` turns an episode's workspace into a score.
"""
