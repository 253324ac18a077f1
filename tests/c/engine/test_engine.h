/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_TEST_ENGINE_H
#define PYW_TEST_ENGINE_H

/* The engine's suites. test_engine.c runs them in one process, because an engine can be started only once. */

#include "unit_test.h"

#include "engine_host.h"

extern const struct CMUnitTest response_tests[];
extern const size_t response_test_count;
extern const struct CMUnitTest stream_tests[];
extern const size_t stream_test_count;
extern const struct CMUnitTest loading_tests[];
extern const size_t loading_test_count;
extern const struct CMUnitTest deadline_tests[];
extern const size_t deadline_test_count;
extern const struct CMUnitTest thread_tests[];
extern const size_t thread_test_count;
extern const struct CMUnitTest template_tests[];
extern const size_t template_test_count;

/* An httpd child executes a changed script again, a worker does not. */
void loading_set_in_place(int on);

#endif
