"""What a buggy workspace shows, as local processes and in containers, side by side: both must fail in the same way."""
