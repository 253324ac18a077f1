/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_GROUP_OPTIONS_H
#define PYW_CONFIG_OPTIONS_GROUP_OPTIONS_H

/*
 * The options of a process group (WSGIDaemonProcess), in three parts.
 *
 * httpd sends options to the manager, and the manager to the workers. An option belongs to the part of the last of
 * these processes that reads it: httpd may read all parts, the manager its own and the workers', and a worker only the
 * workers'. In each process, the parts before its own have their defaults.
 */

#include "config/options/httpd_options.h"
#include "config/options/manager_options.h"
#include "config/options/worker_options.h"

typedef struct pyw_group_options {
    const char *name; /* of the group; every process has it */
    pyw_httpd_options httpd;
    pyw_manager_options manager;
    pyw_worker_options worker;
} pyw_group_options;

/* The processes in the order in which they pass options on. */
typedef enum { PYW_PART_HTTPD, PYW_PART_MANAGER, PYW_PART_WORKER } pyw_option_part;

#endif
