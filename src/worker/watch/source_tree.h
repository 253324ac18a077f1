/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_WORKER_WATCH_SOURCE_TREE_H
#define PYW_WORKER_WATCH_SOURCE_TREE_H

/*
 * The files of an application that Python does not import but frameworks read once: templates, translations, settings,
 * the manifests of static files. Modules that are not imported yet belong to them, too. They are found by their names
 * in the directories of the scripts, in python-path= and in home=. Data that the application writes is left out as far
 * as possible: by the name of its directory, by its owner, and by reload-exclude=. A walk reads directories up to a
 * limit. Any thread, without the GIL.
 */

#include "config/options/worker_options.h"
#include "worker/watch/file_list.h"

typedef struct pyw_source_tree pyw_source_tree;

/* The trees of a group. The options must outlive the result. NULL: out of memory. */
pyw_source_tree *pyw_source_tree_create(const pyw_worker_options *options);

/* Adds the directory of a script, which a request has found, unless it is listed or belongs to the whole system. */
void pyw_source_tree_add_script(pyw_source_tree *tree, const char *script);

/* The number of directories. */
int pyw_source_tree_count(const pyw_source_tree *tree);

/* `kind`: CODE or TEXT. Returns NULL to continue with the next file, or a result that ends the walk. */
typedef const char *pyw_source_visit(void *baton, const char *path, pyw_file_kind kind);

/*
 * Visits the files that are not in `known`, in the order of the directories, from the directory `first` on. Returns the
 * result of a visit; NULL: none ended the walk. If the walk reached its limits, *is_partial becomes 1.
 */
const char *pyw_source_tree_walk(const pyw_source_tree *tree, int first, const pyw_file_list *known,
                                 pyw_source_visit *visit, void *baton, int *is_partial);

/* Does reload-exclude= name the file, or a directory above it? */
int pyw_source_tree_excludes(const pyw_source_tree *tree, const char *path);

#endif
