/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_relay_token.h"

#include <http_log.h>
#include <unistd.h>

#include "base/pyw_log.h"
#include "wire/pyw_wait.h"

APLOG_USE_MODULE(pywsgi);

/* How often it is looked for a better place; beyond PYW_SLOTS_AHEAD_MS whenever the time has doubled. */
#define LOOK_MS 2

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
        relay->token_look = relay->token_put + LOOK_MS;
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
    int64_t left = relay->is_unclaimed ? relay->token_look - pyw_wait_now() : ms;

    if (left <= 0) {
        return 0;
    }
    return left < ms ? (int)left : ms;
}

int pyw_relay_token_take(pyw_relay *relay)
{
    int was_unclaimed = relay->is_unclaimed && !relay->has_spoken;

    relay->is_unclaimed = 0;
    return was_unclaimed && pyw_token_take(relay->client->token);
}

/* Without a ticket nobody knows of a place that would be better. */
static int is_misplaced(const pyw_relay *relay)
{
    return relay->admission->has_slot && pyw_slots_is_misplaced(relay->group->slots, &relay->admission->slot);
}

static int64_t next_look(int64_t age)
{
    return age < PYW_SLOTS_AHEAD_MS ? LOOK_MS : age;
}

void pyw_relay_token_look(pyw_relay *relay)
{
    int64_t now;

    if (!relay->is_unclaimed) {
        return;
    }
    if (relay->has_spoken || !pyw_token_is_there(relay->client->token)) {
        relay->is_unclaimed = 0;
        return;
    }
    now = pyw_wait_now();
    if (now < relay->token_look) {
        return;
    }
    relay->token_look = now + next_look(now - relay->token_put);
    if (is_misplaced(relay) && pyw_relay_token_take(relay)) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, relay->reply->r,
                      PYWNO(0286) "process group '%s': the worker that the request was sent to has no thread for it "
                                  "yet, so it waits for any worker",
                      relay->group->options->name);
        take_back(relay);
    }
}
