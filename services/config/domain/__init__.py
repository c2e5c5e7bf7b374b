"""Config rules: precedence and merging of layers, validation, secret references, flags."""
