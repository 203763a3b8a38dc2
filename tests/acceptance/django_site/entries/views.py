from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from entries.models import Entry
from entries.tasks import count_letters


@require_http_methods(["GET", "POST"])
def entries(request):
    if request.method == "POST":
        entry = Entry.objects.create(text=request.POST["text"][:200])
        count_letters.delay(entry.pk)
        return redirect("entries")
    return render(request, "entries/list.html", {"entries": Entry.objects.order_by("-created")[:50]})


def health(request):
    connection.ensure_connection()
    return HttpResponse("ok", content_type="text/plain")
