/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_BASE_VERSION_H
#define PYW_BASE_VERSION_H

/* The version of all artifacts (semver.org). */
#define PYW_VERSION "1.0.0-rc1"

#endif
