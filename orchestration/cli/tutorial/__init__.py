"""`meta-ads demo`: plays the accident that this project prevents, in two weeks at speed."""
