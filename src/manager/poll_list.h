/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_MANAGER_POLL_LIST_H
#define PYW_MANAGER_POLL_LIST_H

#include <apr_tables.h>

/*
 * Adds an item to an array of struct pollfd. Without a descriptor (-1) it adds nothing, because poll(2) takes no more
 * items than the limit of descriptors.
 */
void pyw_poll_list_add(apr_array_header_t *list, int fd, short events);

#endif
