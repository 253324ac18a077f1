/* SPDX-License-Identifier: Apache-2.0 */
/* The floor of the benchmark: the cost of a request in httpd with a handler that only returns a constant. */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

static int floor_handler(request_rec *r)
{
    static const char text[] = "Hello, World!";

    if (r->handler == NULL || strcmp(r->handler, "bench-floor") != 0) {
        return DECLINED;
    }
    ap_set_content_type(r, "text/plain");
    ap_set_content_length(r, sizeof(text) - 1);
    ap_rwrite(text, sizeof(text) - 1, r);
    return OK;
}

static void floor_hooks(apr_pool_t *pool)
{
    ap_hook_handler(floor_handler, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(bench_floor) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, floor_hooks,
#ifdef AP_MODULE_FLAG_NONE
    AP_MODULE_FLAG_NONE
#endif
};
