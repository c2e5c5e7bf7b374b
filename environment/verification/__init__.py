"""Whether the catalogue is sound: `checks` says what can be said without running a test, `verify` measures."""
