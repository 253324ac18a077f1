/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/group/send.h"

#include "base/buffer.h"
#include "config/options/use.h"
#include "wire/table.h"

static void encode_live_options(const pyw_worker_group *group, pyw_buffer *payload)
{
    apr_pool_t *pool;

    apr_pool_create(&pool, group->pool);
    pyw_table_encode(payload, pyw_options_live_pairs(group->options, pool));
    apr_pool_destroy(pool);
}

static void send_to_all(const pyw_child_list *list, const pyw_buffer *payload)
{
    pyw_child *child;

    LIST_FOREACH (child, list, next) {
        if (pyw_channel_fd(child->channel) >= 0) {
            pyw_channel_queue(child->channel, PYW_FRAME_OPTIONS, 0, payload->data, payload->length, -1);
            pyw_child_send_queued(child);
        }
    }
}

void pyw_worker_group_send_options(pyw_worker_group *group)
{
    pyw_buffer payload = {0};

    encode_live_options(group, &payload);
    if (!payload.failed) {
        send_to_all(&group->children, &payload);
        send_to_all(&group->templates, &payload);
    }
    pyw_buffer_free(&payload);
}
