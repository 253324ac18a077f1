/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/pyw_relay_token.h"

#include <unistd.h>

/* Once per connection: the descriptor leaves with the REQUEST. */
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
    }
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
    int was_unclaimed = relay->is_unclaimed && !relay->has_spoken;

    relay->is_unclaimed = 0;
    relay->is_unbegun |= was_unclaimed && pyw_token_take(relay->client->token);
    return relay->is_unbegun;
}
