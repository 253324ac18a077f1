/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CONFIG_OPTIONS_SETTINGS_H
#define PYW_CONFIG_OPTIONS_SETTINGS_H

/* The settings that are the same for all process groups: the pairs of a COMMIT frame. */

#include <apr_pools.h>
#include <apr_tables.h>
#include <sys/types.h>

typedef struct pyw_settings {
    const char *socket_directory; /* absolute; created (0711) and removed by the manager; for the sockets */
    uid_t httpd_uid;              /* owner of the sockets (unless socket-user is set), the only peer except root */
    const char *server_name;      /* for the manager's own log records and process title */
    int log_level;                /* pyw_log_level: the threshold of the manager's log */
    const char *httpd;            /* for applications, see pyw_engine_host; NULL: unknown */
} pyw_settings;

/* sizeof(sun_path) - 1 (unix(7)). */
#define PYW_SOCKET_PATH_MAX 107

/* Every name begins with PYW_SETTINGS_PREFIX, so that a frame can hold settings beside options. */
#define PYW_SETTINGS_PREFIX "settings."

apr_table_t *pyw_settings_pairs(const pyw_settings *settings, apr_pool_t *pool);

/* Sets a member from its pair. Returns NULL, or an error message from `pool`. */
const char *pyw_settings_restore(pyw_settings *settings, apr_pool_t *pool, const char *name, const char *value);

#endif
