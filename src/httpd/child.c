/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/child.h"

#include <apr_strings.h>
#include <unistd.h>

#include "base/log.h"
#include "httpd/backend/background.h"
#include "httpd/backend/connection.h"
#include "httpd/backend/pool.h"
#include "httpd/child_context.h"
#include "httpd/embedded/embedded.h"
#include "httpd/log/log.h"
#include "httpd/metrics/metrics.h"
#include "httpd/parent/parent.h"
#include "httpd/queue/batch_scheduling.h"
#include "httpd/queue/shared_memory.h"
#include "httpd/request/upload.h"
#include "httpd/status/in_flight.h"

void pyw_child_init(apr_pool_t *pchild, server_rec *main_server)
{
    pyw_httpd_child.pid = (int32_t)getpid();
    apr_snprintf(pyw_httpd_child.pid_text, sizeof(pyw_httpd_child.pid_text), "%d", (int)getpid());
    pyw_log_install(pyw_httpd_log_server, main_server, pyw_httpd_log_threshold(main_server));
    pyw_parent_child_init();
    pyw_shared_memory_child_init();
    pyw_batch_scheduling_child_init(pchild);
    pyw_connection_child_init(pchild);
    pyw_upload_child_init(pchild, main_server);
    pyw_connection_pool_child_init(pchild, pyw_shared_memory_size());
    pyw_background_child_init(pchild);
    pyw_metrics_child_init(pchild, main_server);
    pyw_in_flight_child_init();
    pyw_embedded_child_init(pchild, main_server);
}
