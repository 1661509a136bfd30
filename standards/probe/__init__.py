"""The 1365 portal as others run it: looked at from outside, told about when it is away."""
