"""The reward: exact rules in fractions, the score with all its parts, and reports for people and programs."""
