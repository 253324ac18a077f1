/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_HTTPD_SCRIPTS_SCRIPT_OWNER_H
#define PYW_HTTPD_SCRIPTS_SCRIPT_OWNER_H

/*
 * script-user= and script-group= of a process group: the users who may own and write a script. On the thread of the
 * request.
 */

#include <httpd.h>

#include "httpd/target.h"

/*
 * Returns HTTP_FORBIDDEN, and logs the reason, if the script or its directory has another owner, or if other users may
 * write to it; otherwise OK. Costs nothing without these options.
 */
int pyw_script_owner_check(request_rec *r, const pyw_target *target);

#endif
