"""Mails for those who lead: what waits this morning, and how last week went."""
