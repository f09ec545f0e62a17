"""Commands that print measured ratios against a baseline of the same run; `make bench` runs all."""
