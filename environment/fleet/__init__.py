"""Runs the compose file as local processes: real servers, forked services, one supervisor."""
