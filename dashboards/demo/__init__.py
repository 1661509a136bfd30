"""A simulated past of the centre, lived through the real services with time moved along."""
