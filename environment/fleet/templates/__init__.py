"""What the servers hold once the jobs have run, kept for the next fleet of the same jobs."""
