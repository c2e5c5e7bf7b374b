"""One-shot jobs and sidecars that make the infrastructure ready. Each can be run again without harm."""
