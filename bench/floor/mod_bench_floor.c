/* SPDX-License-Identifier: Apache-2.0 */
/* The floor of the benchmark: what httpd itself needs for the responses of bench/application.py, from a C handler. */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

#include <apr_strings.h>
#include <string.h>

#define BLOCK 65536
#define BLOCKS 16

static void answer(request_rec *r, const char *text)
{
    ap_set_content_length(r, (apr_off_t)strlen(text));
    ap_rputs(text, r);
}

/* Sixteen blocks, each flushed, as PEP 3333 requires of a server. */
static void answer_1m(request_rec *r)
{
    static char block[BLOCK];

    memset(block, 'x', sizeof(block));
    ap_set_content_length(r, (apr_off_t)BLOCKS * BLOCK);
    for (int i = 0; i < BLOCKS; i++) {
        ap_rwrite(block, sizeof(block), r);
        ap_rflush(r);
    }
}

/* Reads the body in pieces of up to 64 KiB. */
static int answer_post(request_rec *r)
{
    char block[BLOCK];
    apr_off_t total = 0;
    long got = 0;
    int status = ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK);

    while (status == OK && (got = ap_get_client_block(r, block, sizeof(block))) > 0) {
        total += got;
    }
    if (status == OK && got == 0) {
        answer(r, apr_psprintf(r->pool, "%" APR_OFF_T_FMT, total));
    }
    return got < 0 ? HTTP_BAD_REQUEST : status;
}

static int floor_handler(request_rec *r)
{
    if (r->handler == NULL || strcmp(r->handler, "bench-floor") != 0) {
        return DECLINED;
    }
    ap_set_content_type(r, "text/plain");
    if (strcmp(r->uri, "/post") == 0) {
        return answer_post(r);
    }
    if (strcmp(r->uri, "/1m") == 0) {
        answer_1m(r);
    }
    else {
        answer(r, "Hello, World!");
    }
    return OK;
}

static void floor_hooks(apr_pool_t *pool)
{
    ap_hook_handler(floor_handler, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(bench_floor) = {STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, floor_hooks,
#ifdef AP_MODULE_FLAG_NONE
                                  AP_MODULE_FLAG_NONE
#endif
};
