"""Doors to the episodes for other frameworks: one list of tasks, one way to a reward.

`tasks` names them, `grading` judges what somebody hands in for one. `harbor` and `swebench` write data sets of them;
`many` plays many episodes at a time, in processes of one machine or over a Ray cluster.
"""
