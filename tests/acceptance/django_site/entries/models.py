from django.db import models


class Entry(models.Model):
    text = models.CharField(max_length=200)
    letters = models.IntegerField(null=True)
    created = models.DateTimeField(auto_now_add=True)
