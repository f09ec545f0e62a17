"""The schema of the warehouse as SQL files, and what applies them.

`tables/` holds migrations, which run once, in the order of their numbers; the first of them is the
baseline, a folder with a file for each subject. `routines/` holds functions and views, one in a
file, applied again whenever their text changes; so are the comments on tables in `comments/`.
`old_migrations/` brings a warehouse that is older than the baseline up to it, and does nothing
else.
"""
