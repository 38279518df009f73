"""Settings of iomcase: one file, titled sections, every value from the environment.

Three modes. *Demo* (the default on a fresh machine) runs on private embedded servers, prints its logins and
shows letters in the UI. *Production* (`IOMCASE_MODE=production`) refuses to start with a demo value and needs
every address given. *Test* is chosen by the test runner. docs/operations.md lists each variable.
"""

import re
from pathlib import Path

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from iomcase.addresses import celery_broker, redis_database, with_redis_database

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
VAR_DIR = Path(env.str("IOMCASE_VAR", "") or BASE_DIR / "var")

# --- Mode -----------------------------------------------------------------------------------------------------
MODE = env.str("IOMCASE_MODE", "demo")
if MODE not in {"demo", "production", "test"}:
    raise ImproperlyConfigured("IOMCASE_MODE must be demo, production or test.")
PRODUCTION = MODE == "production"
DEMO = MODE == "demo"
TEST = MODE == "test"
DEBUG = env.bool("DEBUG", False)
DEMO_SECRET_KEY = "demo-only-secret-key-demo-only-secret-key-demo-only-secret-key"
DEMO_PASSWORD = "iomcase-demo"
SECRET_KEY = env.str("SECRET_KEY", DEMO_SECRET_KEY)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# Signs the chain over history (programmes/base/audit/seals.py); it must stay when SECRET_KEY changes.
AUDIT_KEY = env.str("AUDIT_KEY", SECRET_KEY)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- Applications ---------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "accounts",
    "programmes",
    "iomcase.apps.ConfigurationSite",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "pghistory",
    "pgtrigger",
    "phonenumber_field",
    "template_partials",
]
MIDDLEWARE = [
    "iomcase.health.AnswerHealth",
    "django.middleware.security.SecurityMiddleware",
    "programmes.base.common.middleware.RefuseHostileInput",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "programmes.base.common.middleware.SpareWhoeverComesNext",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.EndIdleSessions",
    "accounts.middleware.SpeakTheUsersLanguage",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.RequireSecondFactor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "programmes.base.common.middleware.KeepNothingInTheBrowser",
    "programmes.desk.worklist.recent.RememberWhatWasOpened",
    "programmes.journey.departure.readiness.middleware.KeepReadiness",
]
ROOT_URLCONF = "iomcase.urls"
WSGI_APPLICATION = "iomcase.wsgi.application"
ASGI_APPLICATION = "iomcase.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["programmes.base.common.tags", "programmes.base.rulebook.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "programmes.base.common.context.page",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database: PostgreSQL 15 or newer -------------------------------------------------------------------------
# DATABASE_URL is the address for web and workers, whose role owns nothing; DATABASE_OWNER_URL that of the role
# which owns the tables, used by migrations and tests. manage.py chooses; see docs/operations.md, "Database roles".
DATABASE_URL = env.str("DATABASE_URL", "")
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", "") or DATABASE_URL
REDIS_URL = env.str("REDIS_URL", "")
DATABASE_URL_IS_PRIVATE = not DATABASE_URL
if not (DATABASE_URL and REDIS_URL):
    if PRODUCTION:
        raise ImproperlyConfigured("Set DATABASE_URL and REDIS_URL: production never starts embedded servers.")
    from iomcase import embedded

    DATABASE_OWNER_URL = DATABASE_OWNER_URL or embedded.database_url(VAR_DIR, role="owner")
    DATABASE_URL = DATABASE_URL or embedded.database_url(VAR_DIR)
    REDIS_URL = REDIS_URL or embedded.redis_url(VAR_DIR)
AS_OWNER = env.str("IOMCASE_DATABASE_ROLE", "web") == "owner"
# Web processes keep a small pool; workers, beat and commands must not (a pool does not survive a fork). A request waits
# five seconds for a connection before it is answered 503; as often the pool begins anew to ask a server that is away,
# where it would ask less and less often otherwise and still pause when the server has long been back.
IN_WEB_PROCESS = env.bool("IOMCASE_WEB", False)
DATABASES = {
    "default": {
        **environ.Env.db_url_config(DATABASE_OWNER_URL if AS_OWNER else DATABASE_URL),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0 if IN_WEB_PROCESS or TEST else 60,
    }
}
_statement_timeout = "10s" if IN_WEB_PROCESS else "0"
# A page is read by one process: helpers read far ahead of the fifty rows that it shows, and compiling costs more than
# such a short query takes.
_one_process = " -c max_parallel_workers_per_gather=0 -c jit=off" if IN_WEB_PROCESS else ""
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {
        "options": f"-c statement_timeout={_statement_timeout} -c lock_timeout=5s -c timezone=UTC{_one_process}",
        **({"pool": {"min_size": 1, "max_size": 4, "timeout": 5, "reconnect_timeout": 5}} if IN_WEB_PROCESS else {}),
    }
)

# Triggers follow the code: every `migrate` brings them in line. As migration operations they would cost a minute on
# each fresh database (docs/adr explains); a test compares what is installed with what the models declare.
PGTRIGGER_MIGRATIONS = False
PGTRIGGER_INSTALL_ON_MIGRATE = True
PGTRIGGER_PRUNE_ON_INSTALL = True

# --- Redis: hints only, never the home of a fact ---------------------------------------------------------------
# Two databases side by side, so that emptying the cache cannot empty the queue.
CACHES = {
    "default": {
        "BACKEND": "iomcase.cache.HintsInRedis",
        "LOCATION": with_redis_database(REDIS_URL, redis_database(REDIS_URL) + 1),
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    },
    # Parts of pages that are the same for everybody, kept by each process for itself.
    "memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "parts of pages"},
}
CELERY_BROKER_URL = celery_broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 15 * 60
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 60 * 60, "socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ALWAYS_EAGER = False
CELERY_ACCEPT_CONTENT = ["json"]
DJANGO_STRUCTLOG_CELERY_ENABLED = True

# --- Sign-in --------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", PRODUCTION)
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", 30 * 60)
SESSION_ABSOLUTE_SECONDS = env.int("SESSION_ABSOLUTE_SECONDS", 12 * 60 * 60)
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_ENGINE = "accounts.sessions"
ACCOUNT_ADAPTER = "accounts.adapter.ClosedAdapter"
SOCIALACCOUNT_ADAPTER = "accounts.adapter.InvitedOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "10/15m/key,100/h/ip", "reset_password": "20/h/ip,5/h/key"}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_FORMS = {"login": "accounts.forms.SignInForm"}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "accounts.invitations.LinkTokens"
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60  # also how long an invitation can be used
# Letters about passwords and factors go into the same outbox as all others (accounts.letters).
LETTER_QUEUE = "programmes.base.notifications.actions.queue"
# How many proxies stand in front and write X-Forwarded-For; with 0 that header is never believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 1 if PRODUCTION else 0)
MFA_ADAPTER = "accounts.adapter.SealedSecretsAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.AskCodeForm",
    "reauthenticate": "accounts.forms.AskCodeAgainForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.forms.RenamePasskeyForm",
}
MFA_TOTP_TOLERANCE = 1
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "iomcase"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
OPENID_CONNECT_SERVER = env.str("OPENID_CONNECT_SERVER", "")
SOCIALACCOUNT_PROVIDERS = {}
if OPENID_CONNECT_SERVER:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                # The identity of a connected account is issuer and subject: another server is another provider.
                "provider_id": re.sub(r"[^a-z0-9]+", "-", OPENID_CONNECT_SERVER.lower().partition("://")[2]).strip("-"),
                "name": env.str("OPENID_CONNECT_NAME", "organisation"),
                "client_id": env.str("OPENID_CONNECT_CLIENT_ID", ""),
                "secret": env.str("OPENID_CONNECT_SECRET", ""),
                "settings": {"server_url": OPENID_CONNECT_SERVER},
            }
        ],
    }
    SOCIALACCOUNT_ONLY = False

# --- Browser policy -------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "programmes.base.common.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^health/$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", True) else None
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 365 * 24 * 3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"

# --- Mail -----------------------------------------------------------------------------------------------------
# smtp+tls://user:password@host:587, smtp://host:25; demo keeps letters in the database and shows them in the UI.
EMAIL_URL = env.str("EMAIL_URL", "")
if EMAIL_URL:
    _mail = environ.Env.email_url_config(EMAIL_URL)
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST = _mail.get("EMAIL_HOST", "")
    EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
    EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
    EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
    EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
    EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "iomcase <no-reply@example.org>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MESSAGE_ID_DOMAIN = env.str("MESSAGE_ID_DOMAIN", "iomcase.example.org")
# After this long a claimed letter counts as lost with its worker. It must be longer than one letter can take: four
# answers of the mail server, each within EMAIL_TIMEOUT.
LETTER_IN_FLIGHT_SECONDS = env.int("LETTER_IN_FLIGHT_SECONDS", 300)
# After this long a letter that nobody claimed is handed to the workers again.
LETTER_SWEEP_AFTER_SECONDS = env.int("LETTER_SWEEP_AFTER_SECONDS", 60)

# --- Batches: imports, bulk deeds, exports ----------------------------------------------------------------------
# A batch at work that no worker has touched for so long is handed to the workers again.
BATCH_SWEEP_AFTER_SECONDS = env.int("BATCH_SWEEP_AFTER_SECONDS", 30)
# An import of more rows than this is carried out only after a second person has confirmed it.
BATCH_CONFIRM_ABOVE = env.int("BATCH_CONFIRM_ABOVE", 1000)

# --- Languages and time ---------------------------------------------------------------------------------------
LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Spanish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
FORMAT_MODULE_PATH = ["iomcase.formats"]
USE_TZ = True
TIME_ZONE = "UTC"
PHONENUMBER_DEFAULT_REGION = None
PHONENUMBER_DB_FORMAT = "E164"

# --- Static files ---------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Files with personal data: no address leads here, views with rights hand them out (PRIVATE_STORAGE may name
    # another backend, such as storages.backends.s3.S3Storage, and PRIVATE_STORAGE_OPTIONS its options as JSON).
    "private": {
        "BACKEND": env.str("PRIVATE_STORAGE", "django.core.files.storage.FileSystemStorage"),
        **(
            {"OPTIONS": env.json("PRIVATE_STORAGE_OPTIONS", {})}
            if env.str("PRIVATE_STORAGE", "")
            else {
                "OPTIONS": {
                    "location": env.str("IOMCASE_MEDIA", "") or str(VAR_DIR / "media"),
                    "base_url": None,
                    "file_permissions_mode": 0o600,
                    "directory_permissions_mode": 0o700,
                }
            }
        ),
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TEST or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Files that people upload: how many a case may have, and how much place an office.
FILES_PER_CASE = env.int("FILES_PER_CASE", 25)
FILES_OFFICE_MEGABYTES = env.int("FILES_OFFICE_MEGABYTES", 20_000)
# ClamAV's daemon, tcp://host:3310 or unix:///run/clamav/clamd.ctl; without it files are not scanned, and pages say so.
CLAMAV = env.str("CLAMAV", "")
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = TEST or DEBUG
WHITENOISE_AUTOREFRESH = TEST or DEBUG

# --- Logs: JSON lines, no query strings, no values ------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"scrub": {"()": "programmes.base.common.logs.ScrubValues"}},
    "formatters": {"json": {"()": "programmes.base.common.logs.json_formatter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["scrub"],
            # Here and not on the root alone, because Django's and Celery's loggers bring levels of their own.
            "level": env.str("LOG_LEVEL", "INFO" if PRODUCTION else "WARNING"),
        }
    },
    "loggers": {"pgtrigger": {"level": "WARNING"}},  # names each of two hundred triggers at every migration
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO" if PRODUCTION else "WARNING")},
}

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

# --- Refuse to start wrongly ----------------------------------------------------------------------------------
if PRODUCTION:
    _wrong = []
    if SECRET_KEY == DEMO_SECRET_KEY or len(SECRET_KEY) < 50:
        _wrong.append("SECRET_KEY: give a random value of at least 50 characters.")
    if DEBUG:
        _wrong.append("DEBUG must be off.")
    if not env.list("ALLOWED_HOSTS", default=[]) or "*" in ALLOWED_HOSTS:
        _wrong.append("ALLOWED_HOSTS: name the hosts, without *.")
    if not SITE_URL.startswith("https://"):
        _wrong.append("SITE_URL must begin with https://.")
    if not EMAIL_URL:
        _wrong.append("EMAIL_URL: name the mail server.")
    if "example.org" in DEFAULT_FROM_EMAIL or "example.org" in MESSAGE_ID_DOMAIN:
        _wrong.append("DEFAULT_FROM_EMAIL and MESSAGE_ID_DOMAIN: use your own domain.")
    if not SECOND_FACTOR_REQUIRED:
        _wrong.append("SECOND_FACTOR_REQUIRED must be on.")
    if _wrong:
        raise ImproperlyConfigured("Production refuses to start:\n- " + "\n- ".join(_wrong))
