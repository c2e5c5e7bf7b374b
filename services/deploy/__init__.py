"""Plans, applies and rollouts: infrastructure as state documents, releases as revisions."""
