"""Buckets with versioned objects, block volumes and their snapshots."""
