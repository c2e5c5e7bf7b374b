"""The rules of DNS. Pure; time and chance are passed in."""
