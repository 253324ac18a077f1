/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/relay_request.h"

#include <errno.h>
#include <http_log.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "httpd/log/log.h"

APLOG_USE_MODULE(pywsgi);

/* Creates the token, once for each connection. 0 with errno. */
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

int pyw_relay_put_token(pyw_relay *relay)
{
    if (!relay->connection->token && !share_token(relay)) {
        pyw_log_rerror(APLOG_MARK, APLOG_ERR, errno, relay->response->r,
                       PYWNO(0245) "process group '%s': httpd's child has no memory or descriptor to share with a "
                                   "worker; the client gets 503",
                       relay->group->options->name);
        pyw_response_abort(relay->response, HTTP_SERVICE_UNAVAILABLE);
        return 0;
    }
    pyw_token_put(relay->connection->token);
    return 1;
}

/* Logs a step of either state table, and ends the relay if the step is our bug. */
static pyw_result check_step(pyw_relay *relay, int next, const char *state, const char *event, const char *next_name)
{
    request_rec *r = relay->response->r;

    if (next != PYW_RELAY_OUR_BUG) {
        pyw_log_rerror(APLOG_MARK, APLOG_TRACE1, 0, r, "relay: %s, %s -> %s", state, event, next_name);
        return next == PYW_RELAY_PEERS_FAULT ? PYW_MALFORMED : PYW_OK;
    }
    pyw_log_rerror(
        APLOG_MARK, APLOG_ERR, 0, r,
        PYWNO(0273) "process group '%s': bug in mod_pywsgi: \"%s\" was in state %s when \"%s\" happened; the "
                    "client gets 500, or a response that is cut",
        relay->group->options->name, r->the_request, state, event);
    relay->state = PYW_RELAY_DONE;
    pyw_response_abort(relay->response, HTTP_INTERNAL_SERVER_ERROR);
    return PYW_FAILED;
}

static pyw_result step_relay(pyw_relay *relay, pyw_relay_event event)
{
    int next = pyw_relay_next(relay->state, event);
    pyw_result result = check_step(relay, next, pyw_relay_state_name(relay->state), pyw_relay_event_name(event),
                                   pyw_relay_state_name(next));

    relay->state = result == PYW_OK ? (pyw_relay_state)next : relay->state;
    return result;
}

pyw_result pyw_relay_step(pyw_relay *relay, pyw_relay_event event)
{
    if (relay->state == PYW_RELAY_ASKING) {
        step_relay(relay, pyw_token_take(relay->connection->token) ? PYW_RELAY_ON_TOKEN : PYW_RELAY_ON_TOKEN_GONE);
    }
    return step_relay(relay, event);
}

pyw_result pyw_relay_step_upload(pyw_relay *relay, pyw_upload_event event)
{
    int next = pyw_upload_next(relay->upload_state, event);
    pyw_result result = check_step(relay, next, pyw_upload_state_name(relay->upload_state),
                                   pyw_upload_event_name(event), pyw_upload_state_name(next));

    relay->upload_state = result == PYW_OK ? (pyw_upload_state)next : relay->upload_state;
    return result;
}

void pyw_relay_send_abort(pyw_relay *relay)
{
    pyw_channel_queue(relay->channel, PYW_FRAME_ABORT, 0, NULL, 0, -1);
    pyw_channel_send(relay->channel, 0);
}

void pyw_relay_end_upload(const pyw_relay *relay)
{
    if (relay->upload_state < PYW_UPLOAD_DONE && pyw_channel_fd(relay->channel) >= 0) {
        shutdown(pyw_channel_fd(relay->channel), SHUT_WR);
    }
}

void pyw_relay_give_up(pyw_relay *relay, pyw_relay_event event)
{
    if (pyw_relay_step(relay, event) == PYW_OK && relay->state == PYW_RELAY_ABANDONED) {
        pyw_relay_send_abort(relay);
    }
}
