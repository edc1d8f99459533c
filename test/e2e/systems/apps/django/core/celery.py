"""The worker and the beat. Each beat leaves a mark in the cache, each task one in the database."""

import os

from celery import Celery

app = Celery("core", broker=os.environ.get("CELERY_BROKER_URL"), backend=os.environ.get("CELERY_RESULT_BACKEND"))
app.conf.beat_schedule = {"tick": {"task": "core.celery.tick", "schedule": 2.0}}


@app.task
def tick():
    from django.core.cache import cache

    cache.set("ticks", cache.get("ticks", 0) + 1, None)
