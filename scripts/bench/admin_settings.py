"""Settings of the stock admin that the pages are compared with. Never used outside `make bench`."""

from iomcase.settings import *  # noqa: F403 everything but the addresses and what guards them is the application's

ROOT_URLCONF = "scripts.bench.admin"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
