/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/relay_token.h"

#include <errno.h>
#include <http_log.h>
#include <unistd.h>

#include "base/log.h"

APLOG_USE_MODULE(pywsgi);

/* Once per connection: the descriptor leaves with the REQUEST. 0 with errno. */
static int share_token(pyw_relay *relay)
{
    int fd = pyw_token_memory();

    if (fd < 0) {
        return 0;
    }
    relay->connection->token = pyw_token_map(fd);
    if (!relay->connection->token) {
        int error = errno;

        close(fd);
        errno = error;
        return 0;
    }
    pyw_channel_queue(relay->channel, PYW_FRAME_TOKEN, 0, NULL, 0, fd);
    relay->token_fd = fd;
    return 1;
}

int pyw_relay_token_put(pyw_relay *relay)
{
    if (!relay->connection->token && !share_token(relay)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, errno, relay->response->r,
                      PYWNO(0245) "process group '%s': httpd's child has no memory or descriptor to share with a "
                                  "worker; the client gets 503",
                      relay->group->options->name);
        relay->claim = PYW_CLAIM_HTTPD;
        pyw_response_abort(relay->response, HTTP_SERVICE_UNAVAILABLE);
        return 0;
    }
    pyw_token_put(relay->connection->token);
    return 1;
}

void pyw_relay_token_sent(pyw_relay *relay)
{
    if (relay->token_fd >= 0) {
        close(relay->token_fd);
        relay->token_fd = -1;
    }
}

int pyw_relay_token_take(pyw_relay *relay)
{
    if (relay->claim == PYW_CLAIM_OPEN) {
        relay->claim = pyw_token_take(relay->connection->token) ? PYW_CLAIM_HTTPD : PYW_CLAIM_WORKER;
    }
    return relay->claim == PYW_CLAIM_HTTPD;
}
