"""The assets that are collected from Meta, checked, and stored in staging."""
