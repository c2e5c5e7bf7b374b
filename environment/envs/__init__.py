"""Gymnasium environments; importing this package registers them.

`gymnasium.make("OmniCloud/Debug-v0")` or, where the module isn't imported yet,
`gymnasium.make("environment.envs:OmniCloud/Debug-v0")`.
"""

import gymnasium

DEBUG_ID = "OmniCloud/Debug-v0"

if DEBUG_ID not in gymnasium.registry:
    gymnasium.register(DEBUG_ID, entry_point="environment.envs.debug_env:DebugEnv")
