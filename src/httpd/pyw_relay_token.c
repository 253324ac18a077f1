/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_relay_token.h"

#include <http_log.h>
#include <unistd.h>

#include "base/pyw_log.h"
#include "wire/pyw_wait.h"

APLOG_USE_MODULE(pywsgi);

static void take_back(pyw_relay *relay)
{
    relay->was_taken_back = 1;
    relay->over = 1;
}

/* Once for a connection: memory that both ends have. It leaves with the REQUEST. */
static void share_token(pyw_relay *relay)
{
    int fd = pyw_token_memory();

    if (fd < 0) {
        return;
    }
    relay->client->token = pyw_token_map(fd);
    if (!relay->client->token) {
        close(fd);
        return;
    }
    pyw_channel_queue(relay->channel, PYW_FRAME_TOKEN, 0, NULL, 0, fd);
    relay->token_fd = fd;
}

void pyw_relay_token_put(pyw_relay *relay)
{
    if (!relay->client->worker) {
        return;
    }
    if (!relay->client->token) {
        share_token(relay);
    }
    if (relay->client->token) {
        pyw_token_put(relay->client->token);
        relay->is_unclaimed = 1;
        relay->token_put = pyw_wait_now();
        relay->token_look = relay->token_put + PYW_SLOTS_AHEAD_MS;
    }
    else if (relay->admission->slot.is_ahead) {
        take_back(relay);
    }
}

void pyw_relay_token_sent(pyw_relay *relay)
{
    if (relay->token_fd >= 0) {
        close(relay->token_fd);
        relay->token_fd = -1;
    }
}

int pyw_relay_token_bound(const pyw_relay *relay, int ms)
{
    int64_t left = relay->is_unclaimed && relay->admission->has_slot ? relay->token_look - pyw_wait_now() : ms;

    if (left <= 0) {
        return 0;
    }
    return left < ms ? (int)left : ms;
}

int pyw_relay_token_take(pyw_relay *relay)
{
    int was_unclaimed = relay->is_unclaimed && !relay->has_spoken;

    relay->is_unclaimed = 0;
    relay->is_unbegun |= was_unclaimed && pyw_token_take(relay->client->token);
    return relay->is_unbegun;
}

/* After PYW_SLOTS_AHEAD_MS, and whenever its time has doubled. */
static int is_time_to_look(pyw_relay *relay)
{
    int64_t now = pyw_wait_now();
    int is_time = now >= relay->token_look;

    if (is_time) {
        relay->token_look = now + (now - relay->token_put);
    }
    return is_time;
}

static int is_recalled(const pyw_relay *relay)
{
    return relay->admission->has_slot && pyw_slots_is_recalled(relay->group->slots, &relay->admission->slot);
}

/* Without a ticket nobody knows of a place that would be better. */
static int is_misplaced(const pyw_relay *relay)
{
    return relay->admission->has_slot && pyw_slots_is_misplaced(relay->group->slots, &relay->admission->slot);
}

void pyw_relay_token_begun(pyw_relay *relay)
{
    relay->is_unclaimed = 0;
    if (relay->admission->has_slot) {
        pyw_slots_begun(relay->group->slots, &relay->admission->slot);
    }
}

static int is_begun(const pyw_relay *relay)
{
    return !relay->is_unclaimed || relay->has_spoken || !pyw_token_is_there(relay->client->token);
}

void pyw_relay_token_look(pyw_relay *relay)
{
    int was_recalled = is_recalled(relay);

    if (is_begun(relay)) {
        if (relay->is_unclaimed || was_recalled) {
            pyw_relay_token_begun(relay);
        }
        return;
    }
    if (!(was_recalled || is_time_to_look(relay)) || !is_misplaced(relay)) {
        return;
    }
    if (!pyw_relay_token_take(relay)) {
        pyw_relay_token_begun(relay);
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, relay->reply->r,
                  PYWNO(0286) "process group '%s': the worker that the request was sent to has no thread for it "
                              "yet, %s",
                  relay->group->options->name,
                  was_recalled ? "and another one has: it goes there" : "so it waits for any worker");
    take_back(relay);
}
