"""The wiring: settings, addresses, tasks, health.

Nothing is imported here, so that the process manager starts without Django; `apps.py` binds tasks
to the Celery application.
"""
