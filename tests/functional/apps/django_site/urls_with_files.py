# SPDX-License-Identifier: Apache-2.0
"""An upload and a download in addition to the URLs of examples/django."""
import hashlib

from django.conf import settings
from django.http import FileResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

UPLOADED = settings.DATA / "uploaded"


@csrf_exempt
def upload(request):
    file, digest = request.FILES["file"], hashlib.sha256()
    with open(UPLOADED, "wb") as target:
        for block in file.chunks():
            digest.update(block)
            target.write(block)
    return JsonResponse({"name": file.name, "size": file.size, "sha256": digest.hexdigest()})


def download(request):
    return FileResponse(open(UPLOADED, "rb"), as_attachment=True, filename="uploaded.bin")


urlpatterns = [path("upload", upload), path("download", download), path("", include("guestbook.urls"))]
