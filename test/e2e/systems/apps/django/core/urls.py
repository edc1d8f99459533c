"""Wagtail's own addresses, and what the guide asks for: /health/, which follows the database, and a small API."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls


def health(request):
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return JsonResponse({"status": "ok", "database": "connected"})
    except Exception:
        return JsonResponse({"status": "error", "database": "disconnected"}, status=503)


def state(request):
    from django.contrib.auth import get_user_model

    return JsonResponse({"ticks": cache.get("ticks", 0), "users": get_user_model().objects.count(), "version": __import__("os").environ["VERSION"]})


@csrf_exempt
def upload(request, name):
    if request.method == "PUT":
        default_storage.delete(name)
        from django.core.files.base import ContentFile

        default_storage.save(name, ContentFile(request.body))
    return HttpResponse(status=201)


def site(request, name):
    """Something that is kept in the database alone."""
    from wagtail.models import Site

    if request.method == "PUT":
        Site.objects.update(site_name=name)
    return HttpResponse(Site.objects.get().site_name)


urlpatterns = [
    path("health/", health),
    path("api/health/", health),
    path("api/site/<str:name>", csrf_exempt(site)),
    path("api/state", state),
    path("api/auth/login/", csrf_exempt(lambda request: HttpResponse("login"))),
    path("api/media/<str:name>", upload),
    path("admin/", admin.site.urls),
    path("cms/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("api/", login_required(lambda request: HttpResponse(status=404))),
    path("", include(wagtail_urls)),
]
