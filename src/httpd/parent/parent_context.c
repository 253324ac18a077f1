/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/parent/parent_context.h"

pyw_httpd_parent_context pyw_httpd_parent = {.liveness_pipe = {-1, -1}};
