"""Turns the platform into debugging episodes; also the command line and the local fleet. Nothing imports it."""
