"""The centre's pages in the back-office. Each change goes through a verb of ``centre.services``."""

from centre.admin import accounts, days, people, setup

__all__ = ["accounts", "days", "people", "setup"]
