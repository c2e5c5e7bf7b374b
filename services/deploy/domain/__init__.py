"""The rules of deployment: plans on a dependency graph, rollout arithmetic, revisions, deadlines. Pure Python."""
