"""Everything the installations share; the only file that reads the environment."""

from pathlib import Path
from typing import Any

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF

from portal.settings.secrets import embedded_secrets, required

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

# Which kind of installation: embedded (SQLite, one machine, demo possible) or served.
EMBEDDED = env.str("DJANGO_SETTINGS_MODULE") == "portal.settings.embedded"
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
# Demo data, demo accounts, no second factor; refused beyond loopback and the embedded database.
DEMO = env.bool("DEMO", default=False)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="")
BIND = env.str("BIND", default="127.0.0.1")
PORT = env.int("PORT", default=8000)

# Secrets have no default: a served portal does not start without them.
_kept = embedded_secrets(DATA_DIR) if EMBEDDED else {}
SECRET_KEY = required("SECRET_KEY", env.str("SECRET_KEY", default=""), _kept)
# "id:base64 of 32 bytes", first encrypts, all decrypt (see docs/operations.md, key rotation).
FIELD_KEYS = required("FIELD_KEYS", env.str("FIELD_KEYS", default=""), _kept).split(",")
BLIND_INDEX_KEY = required("BLIND_INDEX_KEY", env.str("BLIND_INDEX_KEY", default=""), _kept)
AUDIT_SEAL_KEY = required("AUDIT_SEAL_KEY", env.str("AUDIT_SEAL_KEY", default=""), _kept)
AUDIT_SEAL_FILE = Path(env.str("AUDIT_SEAL_FILE", default=str(DATA_DIR / "audit-seals.jsonl")))

DEBUG = False
# The machine itself is always answered: health checks ask there.
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[]), "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Addresses that may read /metrics besides loopback.
METRICS_ALLOWED = env.list("METRICS_ALLOWED", default=[])
# How many reverse proxies stand before the web process (for the client's address).
PROXY_COUNT = env.int("PROXY_COUNT", default=0)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "portal.core.staticfiles.ServedFilesConfig",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_celery_beat",
    "django_prometheus",
    "portal.core",
    "portal.metrics",
    "portal.audit",
    "portal.accounts",
    "portal.search",
    "portal.jobs",
    "portal.notices",
    "contacts",
    "grievances",
    "portal.desk",
]

MIDDLEWARE = [
    "portal.desk.demo_mode.DemoOnlyHere",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.accounts.middleware.SignedInMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.core.context.portal",
            ]
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'portal.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: a read that turns into a write must not meet "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "portal.accounts.adapters.SignInBackend",
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
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# People sign in by account name and have no e-mail address here.
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"

SESSION_ENGINE = "portal.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_IDLE_SECONDS = 30 * 60
# Where an 外勤会话 begins, and where it leads back to.
FIELD_HOME = "/contacts/visits/round/"
# What was just saved may name a door: it stays on the server, not in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.core.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Sign-in (portal.accounts): allauth and axes ---------------------------------------------
ACCOUNT_ADAPTER = "portal.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # sign-up itself is closed by the adapter
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = False
# Per address, against trying one password on many accounts; one account is axes' matter.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": None}
# The rate is counted in the database: one count for all web processes, no broker to be away.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_rates",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
MFA_ADAPTER = "portal.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "连心"
MFA_TOTP_TOLERANCE = 1  # steps of 30 s: clocks of phones differ

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "portal.accounts.lockout.locked_page"
AXES_CLIENT_IP_CALLABLE = "portal.core.addresses.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # the audit trail has it
AXES_VERBOSE = False
# ---------------------------------------------------------------------------------------------

# Who is named on /privacy/ as the processor of personal data, and whom to ring; plain words
# ("您所在的街道办事处") stand there while they are empty.
PRIVACY_PROCESSOR = env.str("PRIVACY_PROCESSOR", default="")
PRIVACY_PHONE = env.str("PRIVACY_PHONE", default="")

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS: list[Any] = [
    BASE_DIR / "static",
    ("vendor/bootstrap/css", NODE_MODULES / "bootstrap" / "dist" / "css"),
    ("vendor/htmx", NODE_MODULES / "htmx.org" / "dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.core.storage.StaticStorage"},
}

FORM_RENDERER = "portal.core.rendering.PortalRenderer"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

CELERY_BROKER_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 1800
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that is away must not hang a request: the row is the work, the message a wake-up.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    # A message nobody took expires with the next one: a worker that was away does each once.
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for name, task, seconds in (
        ("seal-audit", "portal.audit.tasks.seal_audit", 60.0),
        ("heartbeat", "portal.desk.tasks.heartbeat", 30.0),
        ("refresh-figures", "portal.metrics.tasks.refresh_figures", 5.0),
        ("sweep-jobs", "portal.jobs.tasks.sweep_jobs", 30.0),
        ("forget-files", "portal.jobs.tasks.forget_expired_files", 3600.0),
        ("clear-expired", "portal.desk.tasks.clear_expired", 3600.0),
        ("deliver-due", "portal.notices.tasks.deliver_due", 30.0),
        ("hand-on-requests", "portal.desk.tasks.hand_on_requests", 3600.0),
        ("recount-due", "grievances.tasks.recount_due", 600.0),
    )
} | {
    "reconcile-figures": {
        "task": "portal.desk.tasks.reconcile_figures",
        "schedule": crontab(hour=2, minute=40),
        "options": {"expires": 3600.0},
    },
    "forget-outgoing": {
        "task": "portal.notices.tasks.forget_outgoing",
        "schedule": crontab(hour=3, minute=10),
        "options": {"expires": 3600.0},
    },
}

# --- Files: imports and exports (portal.jobs), attachments ----------------------------------
# Encrypted files of jobs; on a volume that web and worker share.
JOB_FILES = Path(env.str("JOB_FILES", default=str(DATA_DIR / "jobs")))
# Encrypted attachments; on a volume that all web processes share.
ATTACHMENT_FILES = Path(env.str("ATTACHMENT_FILES", default=str(DATA_DIR / "attachments")))
# clamd: a path of its socket, or host:port; "" for none, then attachments are marked 未扫描.
ATTACHMENT_SCANNER = env.str("ATTACHMENT_SCANNER", default="")
# What is uploaded goes through memory into an encrypted file, never onto a disk in clear.
FILE_UPLOAD_HANDLERS = ["portal.core.uploads.InMemoryUploadHandler"]
# A worker that is silent for so long is taken for dead; another one goes on with its job.
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=120)
# ---------------------------------------------------------------------------------------------

# --- Notices (portal.notices): sending to people outside -------------------------------------
# A gateway for text messages that takes a request by HTTP; "" is none, then somebody rings.
SMS_URL = env.str("SMS_URL", default="")
SMS_METHOD = env.str("SMS_METHOD", default="POST")
SMS_HEADERS = env.str("SMS_HEADERS", default="")
SMS_BODY = env.str("SMS_BODY", default="")
SMS_ACCEPTED = env.str("SMS_ACCEPTED", default="")
SMS_REFERENCE = env.str("SMS_REFERENCE", default="")
SMS_TIMEOUT = env.float("SMS_TIMEOUT", default=5.0)
# Nobody is disturbed at night: hours of TIME_ZONE.
SMS_FROM_HOUR = env.int("SMS_FROM_HOUR", default=8)
SMS_UNTIL_HOUR = env.int("SMS_UNTIL_HOUR", default=21)
# The server that takes e-mail; "" is none.
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="")
# Days after which addresses and words of sent messages are erased.
OUTGOING_KEPT_DAYS = env.int("OUTGOING_KEPT_DAYS", default=7)
# ---------------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"links": {"()": "portal.core.logs.HideLinks"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            # SECURITY: whoever reads a log must not come to hold a resident's private link.
            "filters": ["links"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # A line per sign-in or start says nothing that the trail and the launcher do not.
    # A refused or missing page is routine: the access log and the page say it.
    "loggers": {
        "axes": {"level": "WARNING"},
        "waitress": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
