"""How good the answers are: cases, measures with intervals, a gate, and proof that the gate sees faults.

`python -m evals` and `assistant eval` run the same `evals.run.main`; docs/evals.md tells the method.
"""
