"""A Django site that only lets people accept invitations, by django-invitations, as fast as Django can.

SQLite as Django's documentation advises for production, with commits as durable as ours; sessions in signed
cookies, connections that stay open, and no middleware that accepting an invitation does not need.
"""

import os

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

_AT_ONCE = 1000

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCH_DJANGO_DATABASE"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
            },
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.messages",
        "django.contrib.sites",
        "invitations",
    ],
    INVITATIONS_LOGIN_REDIRECT="/",
    INVITATIONS_SIGNUP_REDIRECT="/",
    LOGIN_URL="/",
    MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for measuring",  # noqa: S106 - it guards nothing
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    SITE_ID=1,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    USE_TZ=True,
)
django.setup()


def _home(_: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("", _home), path("invitations/", include("invitations.urls", namespace="invitations"))]
application = get_wsgi_application()


def key_of(number: int) -> str:
    """Return the key of the invitation with this number."""
    return f"{number:064}"


def invite(number: int) -> None:
    """Make the tables, and this many open invitations."""
    from django.utils import timezone  # noqa: PLC0415
    from invitations.models import Invitation  # noqa: PLC0415 - models are there once Django is set up

    call_command("migrate", verbosity=0)
    Invitation.objects.bulk_create(
        (
            Invitation(email=f"{one}@example.org", key=key_of(one), sent=timezone.now())
            for one in range(number)
        ),
        batch_size=_AT_ONCE,
    )
