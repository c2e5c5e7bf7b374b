"""`python probe.py URL`: the health check of the platform's containers. Status 0 when a GET is answered with 2xx."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 4
"""Below the compose file's time-out, so that the reason is printed before the container engine gives up."""


def main() -> int:
    """Print why the check failed, if it did."""
    if len(sys.argv) != 2:
        print("usage: probe.py URL")
        return 2
    # No proxy: the address is inside the container's own network.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(sys.argv[1], timeout=TIMEOUT_SECONDS):
            return 0
    except urllib.error.HTTPError as error:
        print(f"{sys.argv[1]} answered {error.code}: {error.read(400).decode('utf-8', 'replace')}")
    except OSError as error:
        print(f"{sys.argv[1]}: {error}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
