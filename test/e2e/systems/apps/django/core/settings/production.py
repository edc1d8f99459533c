"""Settings from the environment, as guide 001 asks: it refuses to start without them."""

import os

import dj_database_url

from .base import *  # noqa: F403

SECRET_KEY = os.environ["SECRET_KEY"]
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key]
DEBUG = os.environ.get("DEBUG", "False") == "True"
ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")
if DEBUG or len(SECRET_KEY) < 50 or "*" in ALLOWED_HOSTS:
    raise ValueError("not fit for production")
CSRF_TRUSTED_ORIGINS = os.environ["CSRF_TRUSTED_ORIGINS"].split(",")
DATABASES = {"default": dj_database_url.config(conn_max_age=600, conn_health_checks=True)}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["CELERY_BROKER_URL"]}}
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
STATIC_ROOT = "/app/staticfiles"
MEDIA_ROOT = "/app/media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 50 << 20
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
LOGGING = {"version": 1, "handlers": {"console": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["console"], "level": "INFO"}}
