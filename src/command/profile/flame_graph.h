/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_PROFILE_FLAME_GRAPH_H
#define PYW_COMMAND_PROFILE_FLAME_GRAPH_H

/*
 * Draws a profile as a flame graph: an SVG file that needs no other file. The width of a box is the share of a call,
 * and of the calls that it made, in all samples; the boxes above it are the calls that it made.
 */

#include <stdio.h>

#include "base/folded_stacks.h"

/*
 * Writes the drawing; the caller checks `out` for errors. `stacks` as pyw_folded_sorted returns them. Title and stacks
 * are UTF-8 without control characters. Calls that are too narrow, or exceed a limit of depth or number, are not drawn.
 */
void pyw_flame_graph_write(FILE *out, const char *title, const pyw_folded_stack *const *stacks, size_t count);

#endif
