"""The second mind: the rules of ledger and notifications told once more, as plainly as possible.

Plain lists and sums made afresh, no windows and no rollups. It shares words with the real
implementation (commands, configuration, refusals) and no rule, so a rule misread in one of them
shows as a difference between the two.
"""
