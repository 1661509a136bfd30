"""Measurements with aims, for people to read: `make bench`. They are no tests and fail nothing."""
