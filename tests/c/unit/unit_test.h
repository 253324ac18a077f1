/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_CMOCKA_H
#define PYW_CMOCKA_H

/* cmocka.h needs these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* cmocka 2 has a macro of this name, the engine a function. */
#undef stop

#endif
