"""The settings of the tests: the real ones in a directory of their own, untouched by the shell.

Only DATABASE_URL, REDIS_URL and what starts with TEST_ are taken from the environment.
"""

import atexit
import os
import shutil
import tempfile

_NOT_FROM_THE_SHELL = (
    "ALLOWED_HOSTS",
    "CONN_MAX_AGE",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "DEFAULT_FROM_EMAIL",
    "DEMO",
    "DEMO_ON_A_PUBLIC_HOST",
    "EMAIL_URL",
    "FIELD_KEYS",
    "INDEX_KEY",
    "PORT",
    "PROBE_ALLOWS_LOOPBACK",
    "SECOND_FACTOR_REQUIRED",
    "SECRET_KEY",
    "SITE_URL",
    "TRUSTED_PROXIES",
)
for _name in _NOT_FROM_THE_SHELL:
    os.environ.pop(_name, None)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="voc-tests-")


def _remove(data_dir: str = os.environ["DATA_DIR"], process: int = os.getpid()) -> None:
    if os.getpid() == process:  # not in a process forked from this one
        shutil.rmtree(data_dir, ignore_errors=True)


atexit.register(_remove)  # conftest.py does so too, where processes end without this
os.environ["STATICFILES_STORAGE"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

from voc_portal.settings import *  # noqa: E402, F403
from voc_portal.settings import CACHES, STATIC_ROOT  # noqa: E402

SESSIONS_END = False  # tests move time by days; centre/tests/test_sessions.py turns it on
SECOND_FACTOR_REQUIRED = False  # centre/tests/test_second_factor.py turns it on
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Parallel test processes share one Redis: each keeps to keys of its own.
CACHES["default"]["KEY_PREFIX"] = f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise warns where there is none, and a warning is an error
