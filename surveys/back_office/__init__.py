"""Staff's pages of surveys, inside the admin."""
