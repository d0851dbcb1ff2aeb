"""All configuration, read from the environment once, loud on a bad value."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from governance.core import environment
from governance.evidence.pades import configuration

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()  # type: ignore[no-untyped-call]

DEMO = env.bool("DEMO", default=False)
"""Demo accounts exist and the sign-in page names them. `./run serve` refuses it."""

DEBUG = False
TESTING = "pytest" in sys.modules
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    key = env.str("SECRET_KEY", default="")
    if len(key) >= 40:
        return key
    if key:
        raise ImproperlyConfigured("SECRET_KEY: at least 40 characters are needed.")
    path = VAR_DIR / "secret_key"
    if path.exists():
        return path.read_text().strip()
    if TESTING:
        return "only-for-tests-" * 4
    raise ImproperlyConfigured("SECRET_KEY is not set and var/secret_key does not exist.")


def _base_url() -> str:
    url = env.str("BASE_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"BASE_URL: {url!r} is not an http(s) address of this portal.")
    return url.rstrip("/")


def _policy_set() -> str:
    named = env.str("POLICY_SET", default="standard")
    if named not in {"standard", "open"}:
        raise ImproperlyConfigured(f"POLICY_SET: {named!r} is neither standard nor open.")
    return named


SECRET_KEY = _secret_key()
BASE_URL = _base_url()
HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[urlsplit(BASE_URL).hostname or "", "127.0.0.1", "localhost"]
)
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "governance.portal.errors.stale_form"
ORGANIZATION = env.str("ORGANIZATION", default="Meridian Bank" if DEMO else "Countersign")
TRACKING_HOSTS = env.list("TRACKING_HOSTS", default=[])
"""`host:port` of the MLflow tracking servers that metrics may be pulled from. None by default."""
WEBHOOK_HOSTS = env.list("WEBHOOK_HOSTS", default=[])
"""`host:port` of receivers of webhooks that may be in a private network and speak http."""

LEDGER_SYSLOG = environment.syslog_address("LEDGER_SYSLOG", env.str("LEDGER_SYSLOG", default=""))
"""The syslog server that the ledger is sent on to. None by default."""
LEDGER_SYSLOG_FORMAT = env.str("LEDGER_SYSLOG_FORMAT", default="rfc5424")
"""What a message's body is: `rfc5424`, the entry's own text, or `ocsf`, an event that holds it."""
if LEDGER_SYSLOG_FORMAT not in {"rfc5424", "ocsf"}:
    raise ImproperlyConfigured("LEDGER_SYSLOG_FORMAT: either rfc5424 or ocsf.")
LEDGER_OCSF_URL = environment.safe_url("LEDGER_OCSF_URL", env.str("LEDGER_OCSF_URL", default=""))
"""The endpoint that the ledger is sent on to as OCSF events. None by default."""
LEDGER_OCSF_TOKEN = env.str("LEDGER_OCSF_TOKEN", default="")
"""What that endpoint knows us by, as a bearer token."""

POLICY_SET = _policy_set()
"""`standard`: the policies that people signed. `open`: no gate on any move, for trials alone."""
PROTECTED_ALIASES = env.list(
    "PROTECTED_ALIASES",
    default=[] if POLICY_SET == "open" else ["champion", "production", "prod", "live"],
)
"""Aliases of MLflow that nobody sets by hand: they follow what serves in a slot."""

TIER_APPROVERS = {
    name.strip(): tuple(role.strip() for role in roles.split("|"))
    for name, _, roles in (
        entry.partition("=")
        for entry in env.list(
            "TIER_APPROVERS",
            default=[
                "mrm_function=VALIDATOR|HEAD_OF_MODEL_RISK",
                "senior_management=HEAD_OF_MODEL_RISK|APPROVER",
            ],
        )
    )
}
"""Which roles stand for the approvers that tiering questionnaires name for their overrides."""


def _pairs(name: str, default: list[str]) -> dict[str, str]:
    """`key=value, key=value`; a key may stand alone."""
    entries = (entry.partition("=") for entry in env.list(name, default=default))
    return {key.strip(): value.strip() for key, _, value in entries}


_DEMO_FACTS = (
    "us_banking_organization=yes total_assets_above_usd_30bn=yes uk_internal_model_approval=no "
    "canadian_financial_institution=yes financial_institution=yes public_body=no "
    "public_services=no employer=yes law_enforcement=no medical_devices=no"
)
FIRM_FACTS = _pairs("FIRM_FACTS", default=_DEMO_FACTS.split() if DEMO else [])
"""What is so of the firm, for the rules that say which frameworks apply; else it is unknown."""
FIRM_FRAMEWORKS = _pairs(
    "FIRM_FRAMEWORKS",
    default=["nist-ai-rmf-1.0=2025-03-01", "ml-test-score=2025-09-01"] if DEMO else [],
)
"""What the firm follows by its own choice, each with the day from which it does if known."""
CARD_SECTIONS_FILE = env.str("CARD_SECTIONS_FILE", default="")
"""A file with the firm's own sections of model cards. None by default."""
FRAMEWORKS_DIR = env.str("FRAMEWORKS_DIR", default="")
"""A folder with the firm's own files of frameworks. None by default."""

DEPLOYMENT_SILENCE_HOURS = env.int("DEPLOYMENT_SILENCE_HOURS", default=24)
"""After so long without a report, an instance that serves a version counts as silent."""
if DEPLOYMENT_SILENCE_HOURS < 1:
    raise ImproperlyConfigured("DEPLOYMENT_SILENCE_HOURS: at least 1 hour.")
RETENTION_YEARS = env.int("RETENTION_YEARS", default=10)
"""For how long the record of a retired model is kept at least."""
if not 1 <= RETENTION_YEARS <= 100:
    raise ImproperlyConfigured("RETENTION_YEARS: from 1 to 100 years.")
REVIEW_MONTHS = environment.by_tier(env, "REVIEW_MONTHS", "1:12,2:24,3:36", of="months", most=120)
"""Tier → after how many months at most a model is reviewed again: the firm's own choice."""
MINOR_CHANGES = environment.by_tier(env, "MINOR_CHANGES", "1:3,2:3,3:5,4:8", of="changes", most=100)
"""Tier → how many minor changes of a live model ask for a validation: the firm's own choice."""
WAIVER_MAX_DAYS = env.int("WAIVER_MAX_DAYS", default=365)
"""How long a waiver may last at most."""
if WAIVER_MAX_DAYS < 1:
    raise ImproperlyConfigured("WAIVER_MAX_DAYS: at least 1 day.")
ARTIFACT_ROOTS = env.list("ARTIFACT_ROOTS", default=[])
"""Folders below which the portal may read the files of versions. None by default."""
if bad := [root for root in ARTIFACT_ROOTS if not root.startswith("/") or ".." in root.split("/")]:
    raise ImproperlyConfigured(f"ARTIFACT_ROOTS: {bad[0]!r} is not a whole path.")
ARTIFACT_BUCKETS = [place.strip("/") for place in env.list("ARTIFACT_BUCKETS", default=[])]
"""S3 buckets, or parts of them as `bucket/prefix`, that the portal may read. None by default."""
S3_ENDPOINT_URL = env.str("S3_ENDPOINT_URL", default="")
ARTIFACT_MAX_FILES = env.int("ARTIFACT_MAX_FILES", default=10_000)
ARTIFACT_MAX_BYTES = env.int("ARTIFACT_MAX_BYTES", default=50 * 10**9)

INSTALLED_APPS = [
    "governance.core",
    "governance.audit",
    "governance.jobs",
    "governance.accounts",
    "governance.inventory",
    "governance.registry",
    "governance.cards",
    "governance.validation",
    "governance.approvals",
    "governance.evidence",
    "governance.portal",
    "governance.api",
    "governance.mlflow_api",
    "governance.owner_admin",
    "governance.demo",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "rest_framework",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "governance.audit.origin.OriginMiddleware",
    "governance.mlflow_api.thin.ThinReads",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "governance.urls"
WSGI_APPLICATION = "governance.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "governance.core.templating.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "governance.portal.shell.shell",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" / "dtl"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'countersign.sqlite3'}")
}
_database = DATABASES["default"]
if _database.get("ENGINE") == "django.db.backends.sqlite3":
    # Without IMMEDIATE a read that becomes a write fails at once with "database is locked".
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
elif _database.get("ENGINE") != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL: SQLite and PostgreSQL are supported.")
else:
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
DATABASE_OWNER = (
    env.db_url("DATABASE_OWNER_URL") if env.str("DATABASE_OWNER_URL", default="") else {}
)
"""The role that owns the tables and migrates; without it that of DATABASE_URL does both."""
if DATABASE_OWNER and (
    any(DATABASE_OWNER.get(part) != _database.get(part) for part in ("ENGINE", "NAME"))
    or _database.get("ENGINE") != "django.db.backends.postgresql"
    or DATABASE_OWNER.get("USER") == _database.get("USER")
):
    raise ImproperlyConfigured(
        "DATABASE_OWNER_URL: another role for the same PostgreSQL database as DATABASE_URL."
    )

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://")):
    raise ImproperlyConfigured("REDIS_URL: it starts with redis:// or rediss://.")
if env.int("WEB_CONCURRENCY", default=1) > 1 and not REDIS_URL:
    raise ImproperlyConfigured(
        "WEB_CONCURRENCY: more than one process needs the shared cache that REDIS_URL names; "
        "without it each would count wrong passwords for itself."
    )
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
_PASSWORDS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_PASSWORDS}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": f"{_PASSWORDS}.MinimumLengthValidator"},
    {"NAME": f"{_PASSWORDS}.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/"
ACCOUNT_ADAPTER = "governance.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "governance.accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]
MFA_TOTP_ISSUER = ORGANIZATION
# A code counts as used for one period. Were those before and after it accepted too, it could be
# given twice.
MFA_TOTP_TOLERANCE = 0
MFA_WEBAUTHN_USER_VERIFICATION = "required"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

SESSION_COOKIE_AGE = env.int("SESSION_SECONDS", default=8 * 3600)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
# The health check of a container comes past the proxy.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

vars().update(
    environment.mail_server("EMAIL_URL", env.str("EMAIL_URL", default="smtp://localhost:25"))
)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str(
    "MAIL_FROM", default=f"countersign@{urlsplit(BASE_URL).hostname or 'localhost'}"
)

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

LEDGER_KEY_FILE = Path(env.str("LEDGER_KEY_FILE", default=str(VAR_DIR / "ledger_key.pem")))
# PEM text in the environment, or the RFC 7512 URI of a key in a token; each comes before the file.
LEDGER_KEY = env.str("LEDGER_KEY", default="")
LEDGER_KEY_PKCS11 = env.str("LEDGER_KEY_PKCS11", default="")
# What was signed last: it must not share the database's fate, nor its backups.
LEDGER_SIGNER_FILE = Path(
    env.str("LEDGER_SIGNER_FILE", default=str(VAR_DIR / "ledger_signer.json"))
)
LEDGER_CHECKPOINT_MINUTES = env.int("LEDGER_CHECKPOINT_MINUTES", default=5)
if LEDGER_CHECKPOINT_MINUTES < 0:
    raise ImproperlyConfigured("LEDGER_CHECKPOINT_MINUTES: minutes, or 0 for none by the clock.")
LEDGER_ORIGIN = env.str("LEDGER_ORIGIN", default=urlsplit(BASE_URL).netloc + "/ledger")
# Where checkpoints are copied to; docs/checkpoints.md has the forms.
LEDGER_TARGETS = environment.lines(env.str("LEDGER_TARGETS", default=""))
LEDGER_VERIFY_HOUR = environment.hour(
    "LEDGER_VERIFY_HOUR", env.str("LEDGER_VERIFY_HOUR", default="3")
)
LEDGER_ALARM_MAIL = env.str("LEDGER_ALARM_MAIL", default="")
LEDGER_ALARM_URL = env.str("LEDGER_ALARM_URL", default="")
COVERAGE_HOUR = environment.hour("COVERAGE_HOUR", env.str("COVERAGE_HOUR", default="2"))
PACK_DIR = Path(env.str("PACK_DIR", default=str(VAR_DIR / "packs")))
SEAL = configuration.read(env, VAR_DIR)

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["governance.api.parsers.ShallowJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["governance.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "EXCEPTION_HANDLER": "governance.api.errors.to_response",
    "UNAUTHENTICATED_USER": None,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
