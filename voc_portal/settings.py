"""Settings, all read from the environment; with nothing set everything runs on loopback.

What a variable means stands in the README's table. Defaults are safe: ``DEBUG`` is off, keys are
made once and kept in ``DATA_DIR`` with mode 0600, mails become files in ``DATA_DIR/mail``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from voc_portal.keys import load_or_make_keys

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
PORT = env.int("PORT", default=8000)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# Keys: from the environment, else made once and kept.
if all(os.environ.get(name) for name in ("SECRET_KEY", "FIELD_KEYS", "INDEX_KEY")):
    SECRET_KEY: str = env.str("SECRET_KEY")
    FIELD_KEYS: list[str] = env.list("FIELD_KEYS")
    INDEX_KEY: str = env.str("INDEX_KEY")
else:
    _keys = load_or_make_keys(DATA_DIR)
    SECRET_KEY = env.str("SECRET_KEY", default=_keys.secret_key)
    FIELD_KEYS = env.list("FIELD_KEYS", default=list(_keys.field_keys))
    INDEX_KEY = env.str("INDEX_KEY", default=_keys.index_key)

LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=LOOPBACK)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
HTTPS = SITE_URL.startswith("https://")

if (
    DEMO
    and not set(ALLOWED_HOSTS) <= {*LOOPBACK, "testserver"}
    and not env.bool("DEMO_ON_A_PUBLIC_HOST", default=False)
):
    raise ImproperlyConfigured(
        "DEMO shows sign-ins and mails to everyone. It starts with ALLOWED_HOSTS other than "
        "loopback only with DEMO_ON_A_PUBLIC_HOST=1."
    )

INSTALLED_APPS = [
    "records.apps.RecordsConfig",
    "centre.apps.CentreConfig",
    "notices.apps.NoticesConfig",
    "standards.apps.StandardsConfig",
    "complaints.apps.ComplaintsConfig",
    "education.apps.EducationConfig",
    "reception.apps.ReceptionConfig",
    "surveys.apps.SurveysConfig",
    "dashboards.apps.DashboardsConfig",
    "voc_portal.apps.VocAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "crispy_forms",
    "crispy_bootstrap5",
]

MIDDLEWARE = [
    "voc_portal.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "centre.middleware.LanguageOfThePage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "centre.middleware.SessionLimits",
    "allauth.account.middleware.AccountMiddleware",
    "centre.middleware.ChangePasswordFirst",
    "centre.middleware.SecondFactorFirst",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "voc_portal.urls"
WSGI_APPLICATION = "voc_portal.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "voc_portal.context.site",
            ],
        },
    },
]
INSTALLED_APPS.append("django.forms")

# --- database -----------------------------------------------------------------------------------
if env.str("DATABASE_URL", default=""):
    _database: dict[str, Any] = dict(env.db("DATABASE_URL"))
else:
    _database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "voc.sqlite3")}
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    _database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
    _database["CONN_HEALTH_CHECKS"] = True
    # A server that is gone without a word is noticed, and who hangs in a transaction lets go.
    # Compiling a query takes longer than any page may; PostgreSQL would do it where it expects a
    # query to be costly, as with a million cases it does of several.
    _database["OPTIONS"] = {
        "connect_timeout": 5,
        "tcp_user_timeout": 20_000,
        "options": "-c idle_in_transaction_session_timeout=120000 -c jit=off",
    }
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- broker, lock, cache ------------------------------------------------------------------------
# Unset: `python -m voc_portal.run` starts an embedded server and sets REDIS_URL for its children.
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- mail ---------------------------------------------------------------------------------------
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="경상북도종합자원봉사센터 <noreply@example.org>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
    MAIL_IS_REAL = True
else:
    EMAIL_BACKEND = "notices.backends.FileBackend"
    MAIL_IS_REAL = False
EMAIL_FILE_PATH = str(DATA_DIR / "mail")

# --- people and sign-in -------------------------------------------------------------------------
AUTH_USER_MODEL = "centre.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "centre.auth.RoleBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "centre.passwords.NotOfTheDemo"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/admin/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_FORMS = {
    "login": "centre.forms.SignInForm",
    "change_password": "centre.forms.ChangePasswordForm",
    "reauthenticate": "centre.forms.ReauthenticationForm",
}
ACCOUNT_ADAPTER = "centre.auth.ClosedAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
# django-axes counts wrong passwords by account and address; these are against trying many accounts
# from one address, and against guessing the second factor of one account.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "5/15m/key"}
#: Nobody on the staff works without a second factor; the demo leaves it to each.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=not DEMO)
MFA_ADAPTER = "centre.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # clocks of phones
MFA_ALLOW_UNVERIFIED_EMAIL = True  # accounts are made by an administrator
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_FORMS = {
    "authenticate": "centre.forms.CodeForm",
    "reauthenticate": "centre.forms.CodeAgainForm",
    "activate_totp": "centre.forms.ActivateAppForm",
    "add_webauthn": "centre.forms.AddKeyForm",
    "edit_webauthn": "centre.forms.RenameKeyForm",
}
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the end of a lock that was told is kept
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "centre.lockout.key_of_request"
AXES_CLIENT_IP_CALLABLE = "centre.lockout.address_of"
AXES_CLIENT_STR_CALLABLE = "centre.lockout.for_the_log"
AXES_LOCKOUT_CALLABLE = "centre.lockout.locked_page"
AXES_SENSITIVE_PARAMETERS = ["login", "username", "next"]
AXES_DISABLE_ACCESS_LOG = True  # who signed in stands in the access log of the house
AXES_ENABLE_ADMIN = False
AXES_HTTP_RESPONSE_CODE = 429
AXES_VERBOSE = False
#: Longer than a session lasts (`centre.sessions`): what is sent the morning after has a sender.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 3
SESSIONS_END = True
SESSION_PASSIVE = ["session", "reception:board"]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- headers ------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
CSRF_FAILURE_VIEW = "voc_portal.views.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 50  # the form itself says that five are the most
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024 + 1

# --- language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("한국어")), ("en", "English")]
#: The choice of whoever pressed "English"; nothing else decides (`LanguageOfThePage`).
LANGUAGE_COOKIE_NAME = "voc_language"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["voc_portal.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Seoul"

# --- static files -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": env.str(
            "STATICFILES_STORAGE", default="whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- tasks --------------------------------------------------------------------------------------
SWEEP_EVERY_SECONDS = 15
DELIVER_EVERY_SECONDS = 2
#: Looks at the portal go to public addresses only; on, also to this machine (a stand-in for it).
PROBE_ALLOWS_LOOPBACK = env.bool("PROBE_ALLOWS_LOOPBACK", default=False)

# --- logs: no personal data, one line an entry ---------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "voc_portal.middleware.RequestIdFilter"}},
    "formatters": {
        "line": {
            "format": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.server": {"handlers": ["console"], "propagate": False}},
}
