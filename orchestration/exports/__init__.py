"""Reads exports of Ads Manager (CSV and XLSX) into exact rows of single days, or refuses them.

Nothing is guessed: what can be read in two ways is refused, with its line. `headers.yml` and
`results.yml` have the names of columns and of results in every language that is read.
"""
