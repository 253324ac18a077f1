/* SPDX-License-Identifier: Apache-2.0 */
#include "base/python_setting.h"

#include <stddef.h>
#include <string.h>

const char *pyw_python_setting_get(const pyw_python_setting *settings, const char *name)
{
    const char *last = "";

    for (; settings != NULL && settings->name != NULL; settings++) {
        if (settings->application_group == NULL && strcmp(settings->name, name) == 0) {
            last = settings->value;
        }
    }
    return last;
}
