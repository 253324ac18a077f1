/* SPDX-License-Identifier: Apache-2.0 */
/* Orders to the workers of a group, with the descriptors that travel along. */
#include "manager/pyw_worker_group.h"

void pyw_worker_group_send(pyw_child *child, pyw_frame_type type, int fd)
{
    if (pyw_channel_fd(child->channel) >= 0) {
        pyw_channel_queue(child->channel, type, 0, NULL, 0, fd);
        pyw_channel_send(child->channel, 0);
    }
}

void pyw_worker_group_send_listener(pyw_worker_group *group)
{
    for (pyw_child *child = group->children; child != NULL; child = child->next) {
        pyw_worker_group_send(child, PYW_FRAME_LISTENER, group->listener);
    }
}
