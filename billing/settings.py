"""Every setting, each with a working default; the environment and `.env` override (django-environ)."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from billing.backoffice import UNFOLD as UNFOLD
from core.environment import Env

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
VAR.mkdir(exist_ok=True)

env = Env()
env.read_env(ROOT / ".env", parse_comments=True)

DEBUG = env.bool("DEBUG", default=False)
PORT = env.whole("PORT", default=8000, least=1, most=65535)
SECRET_KEY = env.str("SECRET_KEY", default="django-insecure-set-SECRET_KEY-before-anyone-else-can-reach-this")
SITE_URL = env.address("SITE_URL", default=f"http://127.0.0.1:{PORT}")
_site = urlsplit(SITE_URL)
HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[_site.hostname or "127.0.0.1", "127.0.0.1", "localhost", "[::1]"]
)
API_HOSTS = env.hosts("API_HOSTS")
"""Hosts at whose root an API answers, besides its path: `highlevel=hl.example.com`. Of several APIs at one host, the
one whose credential a request carries.
"""
ALLOWED_HOSTS += list(API_HOSTS)
API_LIMIT = env.whole("API_LIMIT", default=3000, least=1, most=1_000_000)
"""Requests of one key in ten seconds, and a thousand times that in a day; HighLevel's API keeps its own figures."""
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "core.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "core",
    "businesses",
    "customers",
    "products",
    "invoices",
    "payments",
    "gateway",
    "providers",
    "notifications",
    "outbox",
    "portal",
    "ninja",
]

MIDDLEWARE = [
    "core.middleware.visitor_address",
    "core.middleware.headers",
    # Before SecurityMiddleware, whose redirect to https would lose a POST's body: the door refuses plain http itself.
    "gateway.door.door",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "core.middleware.clean_query",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "businesses.middleware.preferences",
    "businesses.middleware.second_step",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

APIS = [
    "api.urls.DIALECT",
    "providers.highlevel.api.DIALECT",
    "providers.base39.api.DIALECT",
    "providers.aira.api.DIALECT",
    "providers.fatoripay.api.DIALECT",
]
"""Whatever the gateway serves."""

ROOT_URLCONF = "billing.urls"
WSGI_APPLICATION = "billing.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES: dict[str, Any] = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{VAR / 'faturo.sqlite3'}")
}
_database = DATABASES["default"]
IS_SQLITE = _database["ENGINE"].endswith("sqlite3")
_database["CONN_MAX_AGE"] = 60
_database["CONN_HEALTH_CHECKS"] = True
if IS_SQLITE:
    # IMMEDIATE: a deferred transaction that reads and then writes fails at once with "database is locked".
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;",
    }
else:
    _timeouts = "-c lock_timeout=10s -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"
    _database["OPTIONS"] = {"options": _timeouts}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

FIELD_KEYS = env.list("FIELD_KEYS", default=[])
"""Fernet keys for secrets in the database, the newest first; without any, one that follows from SECRET_KEY."""

STRIPE_API_BASE = env.address("STRIPE_API_BASE", default="")
"""Empty: Stripe itself. For tests, the address of something that behaves like it."""

ALLOW_PRIVATE_TARGETS = env.bool("ALLOW_PRIVATE_TARGETS", default=False)
"""Whether we may be asked to call machines of this network: for tests and for trying things out only."""

CALL_DEADLINE = env.whole("CALL_DEADLINE", default=30, least=1, most=300)
"""Seconds for one call to somebody else's server, from connecting to the last byte."""
LEASE = 4 * CALL_DEADLINE
"""Seconds after which a delivery that a worker took and never finished may be taken by another one; a try of several
calls is given up before (see `outbox.engine`).
"""
LATE_AFTER = env.whole("LATE_AFTER", default=120, least=1, most=86_400)
"""Seconds that a delivery may be overdue before the dashboard and /readyz say so."""

REDIS_URL = env.str("REDIS_URL", default="")
CACHES: dict[str, Any] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# Rows in the database say what is to be done; Redis only carries "look now".
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_timeout": 2,
    "socket_connect_timeout": 0.2,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "global_keyprefix": "faturo:",
}
SCHEDULE: list[tuple[str, str, float]] = [
    ("freeze-documents", "invoices.tasks.freeze_documents", 10.0),
    ("freeze-papers", "payments.tasks.freeze_papers", 10.0),
    ("apply-bank-entries", "payments.tasks.apply_bank_entries", 10.0),
    ("deliver", "outbox.tasks.deliver", 1.0),
    ("hear-providers", "providers.tasks.hear", 2.0),
    ("reconcile", "providers.tasks.reconcile", 60.0),
    ("remind", "notifications.tasks.remind", 60.0),
    ("heartbeat", "outbox.tasks.beat", 15.0),
    ("forget-calls", "outbox.tasks.forget", 3600.0),
    ("forget-webhooks", "providers.tasks.forget_webhooks", 3600.0),
    ("forget-answers", "gateway.tasks.forget_answers", 3600.0),
    ("refresh-statistics", "core.tasks.refresh_statistics", 3600.0),
]
"""What runs by itself: (name, dotted function, seconds between runs). Used by beat and by `manage.py relay` alike."""
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": max(every, 5.0), "options": {"expires": max(every, LATE_AFTER)}}
    for name, task, every in SCHEDULE
}
"""Messages pile up while no worker runs; news need no clock there, a message after commit tells of them at once."""

AUTH_USER_MODEL = "businesses.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "businesses.admin.site.locked_out"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
OTP_TOTP_ISSUER = "Faturo"

SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # asked from beside this process, by plain http
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PROXY_COUNT = env.whole("PROXY_COUNT", default=0, least=0, most=9)
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 15_000  # an invoice of 500 lines has about 20 fields a line
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

LANGUAGES = [("pt-br", _("Brazilian Portuguese")), ("en", _("English"))]
LANGUAGE_CODE = env.one_of("LANGUAGE_CODE", default="pt-br", choices=[code for code, _name in LANGUAGES])
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = env.zone("TIME_ZONE", default="America/Sao_Paulo")
USE_TZ = USE_I18N = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["billing.formats"]

globals().update(env.mail("EMAIL_URL", default=f"filemail:///{VAR / 'mail'}"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Faturo <faturo@{_site.hostname or 'localhost'}>")

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [ROOT / "static"]
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(VAR / "media"))
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


LOG_LEVEL = env.one_of("LOG_LEVEL", default="INFO", choices=["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"fontTools": {"level": "ERROR"}, "axes": {"level": "ERROR"}},
}
