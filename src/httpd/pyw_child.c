/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_child.h"

#include "base/pyw_log.h"
#include "httpd/pyw_absorber.h"
#include "httpd/pyw_admission.h"
#include "httpd/pyw_batch_scheduling.h"
#include "httpd/pyw_client.h"
#include "httpd/pyw_dispatch.h"
#include "httpd/pyw_embedded.h"
#include "httpd/pyw_kept.h"
#include "httpd/pyw_linger.h"
#include "httpd/pyw_log_sink.h"
#include "httpd/pyw_parent.h"
#include "httpd/pyw_upload.h"

void pyw_child_init(apr_pool_t *pchild, server_rec *main_server)
{
    pyw_log_install(pyw_log_sink_server, main_server, pyw_log_sink_threshold(main_server));
    pyw_parent_child_init();
    pyw_dispatch_child_init();
    pyw_admission_child_init();
    pyw_batch_scheduling_child_init(pchild);
    pyw_client_child_init(pchild);
    pyw_absorber_child_init(pchild);
    pyw_upload_child_init(pchild, main_server);
    pyw_kept_child_init(pchild, pyw_dispatch_size());
    pyw_linger_child_init(pchild);
    pyw_embedded_child_init(pchild, main_server);
}
