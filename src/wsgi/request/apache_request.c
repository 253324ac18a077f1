/* SPDX-License-Identifier: Apache-2.0 */
#include "wsgi/request/apache_request.h"

int pyw_apache_request_lend(pyw_request *request, PyObject *environ)
{
    void *apache_request = request->exchange->apache_request;

    if (apache_request == NULL) {
        return 0;
    }
    request->capsule = PyCapsule_New(apache_request, NULL, NULL);
    return request->capsule != NULL ? PyDict_SetItemString(environ, "apache.request_rec", request->capsule) : -1;
}

void pyw_apache_request_withdraw(pyw_request *request)
{
    if (request->capsule != NULL) {
        PyCapsule_SetName(request->capsule, "the request has ended");
        Py_CLEAR(request->capsule);
    }
}
