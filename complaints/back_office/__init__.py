"""What staff see and do in the admin: the queue, the case page, registration, today's work."""
