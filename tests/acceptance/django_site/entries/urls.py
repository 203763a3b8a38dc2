from django.urls import path

from entries import views

urlpatterns = [path("", views.entries, name="entries"), path("health/", views.health)]
