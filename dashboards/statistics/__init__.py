"""What the public may see of the opinions that came in, month by month, and the same as open data."""
