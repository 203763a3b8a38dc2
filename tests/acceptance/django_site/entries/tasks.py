import logging

from celery import shared_task
from django.core.cache import cache

from entries.models import Entry


@shared_task
def count_letters(entry_id):
    entry = Entry.objects.get(pk=entry_id)
    entry.letters = sum(character.isalpha() for character in entry.text)
    entry.save()
    cache.set("last", entry.text)
    logging.getLogger(__name__).warning("counted entry %s", entry_id)
