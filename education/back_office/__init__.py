"""The pages of courses in the admin."""
