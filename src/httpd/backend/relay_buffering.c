/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/backend/relay_buffering.h"

#include <http_log.h>
#include <sys/socket.h>

#include "base/log.h"
#include "httpd/log/log.h"
#include "httpd/request/client_socket.h"

APLOG_USE_MODULE(pywsgi);

/* Called while the request's thread waits for its client, and therefore does not use the admission. */
static void give_up_slot(void *context)
{
    const pyw_relay *relay = context;

    pyw_relay_end_upload(relay);
    pyw_admission_leave(relay->admission);
}

/*
 * The response will be cut, so httpd's thread must not wait for the client any longer: writing to the client's socket
 * fails from now on. After a shutdown the kernel still sends the bytes that the socket holds, and then the end of the
 * connection, which must not look like the end of the body.
 */
static void end_late(void *context)
{
    pyw_relay *relay = context;

    pyw_relay_send_abort(relay);
    if (!relay->response->delimited) {
        pyw_client_socket_reset(relay->client_fd);
    }
    else if (relay->client_fd >= 0) {
        shutdown(relay->client_fd, SHUT_WR);
    }
}

void pyw_relay_buffering_begin(pyw_relay *relay)
{
    const pyw_group_options *options = relay->group->options;
    int reads_ahead = pyw_config_request(relay->response->r)->response_buffering != PYW_OFF &&
                      (options->httpd.response_buffer > 0 || options->httpd.response_spool > 0);

    if (relay->admission->target->spec.is_function || (!reads_ahead && relay->timing->deadline == 0)) {
        return; /* httpd itself reads the result of a function */
    }
    if (reads_ahead) {
        pyw_channel_set_ahead_limits(relay->channel, options->httpd.response_buffer, options->httpd.response_spool,
                                     pyw_config_main()->temp_directory);
    }
    relay->background = (pyw_background_request){
        .fd = pyw_channel_fd(relay->channel),
        .due = relay->timing->deadline,
        .channel = relay->channel,
        .worker_done = give_up_slot,
        .out_of_time = end_late,
        .context = relay,
    };
    relay->response->background = &relay->background;
}

void pyw_relay_buffering_end(pyw_relay *relay)
{
    int error = relay->ahead_error ? relay->ahead_error : pyw_channel_ahead_error(relay->channel);

    relay->response->background = NULL;
    if (error) {
        pyw_log_rerror(APLOG_MARK, APLOG_WARNING, error, relay->response->r,
                       PYWNO(0284) "process group '%s': a response for a slow client cannot be kept in a temporary "
                                   "file in %s; the worker that runs \"%s\" has to wait for the client",
                       relay->group->options->name, pyw_config_main()->temp_directory, relay->response->r->the_request);
    }
}

int pyw_relay_is_late(pyw_relay *relay)
{
    return pyw_timing_is_over(relay->timing) && !pyw_channel_find_end(relay->channel);
}
