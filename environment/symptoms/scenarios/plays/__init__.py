"""What is done to a scenario's fleet, one module a scenario; each gives the figures that its document quotes."""
