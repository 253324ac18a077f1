from django import forms
from django.shortcuts import redirect, render

from .models import Entry


class EntryForm(forms.ModelForm):
    class Meta:
        model = Entry
        fields = ["name", "text"]


def index(request):
    form = EntryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("index")
    return render(request, "guestbook/index.html", {"form": form, "entries": Entry.objects.all()[:50]})
