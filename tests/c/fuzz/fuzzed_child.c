/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzzed_child.h"

#include <stddef.h>
#include <sys/socket.h>

#include "checks.h"
#include "wire/channel.h"

int pyw_fuzzed_child_open(pyw_child *child)
{
    int fds[2];

    pyw_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    child->channel = pyw_channel_create();
    pyw_must(child->channel != NULL);
    pyw_channel_open(child->channel, fds[0]);
    return fds[1];
}
