"""What every layer stands on: who asks and for which tenant, the log, the trace. It imports nothing above `utils`."""
