"""What an installed environment has in the place of the repository: an archive of the reference.

`bin/omnicloud_build.py` makes it for a wheel. In a clone there is none, and the clone is the reference.
"""
