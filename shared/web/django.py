"""Django services: configuration without a settings module, and the composition of the WSGI application."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import django
from django.conf import settings as django_settings
from django.core.wsgi import get_wsgi_application
from django.urls import URLPattern

from shared.infra.db.django_transactions import DjangoTransactions
from shared.infra.db.dsn import django_databases
from shared.settings import ServiceSettings
from shared.web.health import Readiness
from shared.web.input import MAX_JSON_BYTES
from shared.web.runtime import Background, Handlers, PortsWithClock, Runtime, ServiceApp, default_checks


def configure(service: str, settings: ServiceSettings | None = None, *, database_url: str = "") -> None:
    """Configure Django for one service. Must run before its models are imported; a process holds one service."""
    url = settings.database_url if settings else database_url
    django_settings.configure(
        DEBUG=False,
        SECRET_KEY=(settings.identity_signing_key if settings else "") or "unused: there are no sessions or forms",
        ALLOWED_HOSTS=settings.hosts() if settings else ["*"],
        INSTALLED_APPS=["rest_framework", "drf_spectacular", f"services.{service}"],
        DATABASES=django_databases(url, service),
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        MIDDLEWARE=["shared.web.django_middleware.ContextMiddleware", "shared.web.django_middleware.CorsMiddleware"],
        ROOT_URLCONF="shared.web.django_urls",
        USE_TZ=True,
        TIME_ZONE="UTC",
        APPEND_SLASH=False,
        LOGGING_CONFIG=None,
        DATA_UPLOAD_MAX_MEMORY_SIZE=MAX_JSON_BYTES,
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_PERMISSION_CLASSES": [],
            "UNAUTHENTICATED_USER": None,
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "DEFAULT_PARSER_CLASSES": ["shared.web.django_json.StrictJsonParser"],
            "DEFAULT_SCHEMA_CLASS": "shared.web.django_openapi.DeclaredSchema",
            "EXCEPTION_HANDLER": "shared.web.django_views.handle_exception",
        },
        SPECTACULAR_SETTINGS={
            "TITLE": f"OmniCloud {service}",
            "VERSION": "1",
            "OAS_VERSION": "3.1.0",
            "COMPONENT_SPLIT_PATCH": False,  # What a PATCH needs, its serializer says.
            "POSTPROCESSING_HOOKS": [],  # Enumerations stay where they are: names made of their values don't last.
            "DISABLE_ERRORS_AND_WARNINGS": True,
        },
        OMNICLOUD_SERVICE=service,
        OMNICLOUD_SETTINGS=settings,
    )
    django.setup()


def create_service(
    settings: ServiceSettings,
    ports: PortsWithClock,
    *,
    routes: Sequence[URLPattern],
    handlers: Handlers | None = None,
    checks: Mapping[str, Callable[[], None]] | None = None,
    background: Sequence[Background] = (),
) -> ServiceApp:
    """The composition of a Django service, which `configure` has prepared: the WSGI application and its runtime.

    `checks` adds required dependencies to readiness.
    """
    django_settings.OMNICLOUD_CLOCK = ports.clock
    django_settings.OMNICLOUD_ROUTES = routes
    django_settings.OMNICLOUD_READINESS = Readiness({**default_checks(settings, True), **(checks or {})})
    runtime = Runtime(settings, ports.clock, handlers or {}, DjangoTransactions(), background)
    return ServiceApp(settings, "wsgi", get_wsgi_application(), runtime)
