/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options/parse/range.h"

#include <apr_strings.h>

const char *pyw_option_range(apr_pool_t *pool, const pyw_option_rule *rule)
{
    switch (rule->kind) {
    case PYW_KIND_PROCESSES:
        return apr_psprintf(pool, "a number from 1 to %ld, or a minimum and a maximum, such as 2-8 or 0-4", rule->most);
    case PYW_KIND_OCTAL:
        return apr_psprintf(pool, "an octal number from 0 to %lo, such as 027", rule->most);
    case PYW_KIND_DURATION:
        return apr_psprintf(pool, "seconds, or a number with ms, s, min or h, of %s and at most %ldh",
                            rule->least > 0 ? "more than 0" : "0 or more", rule->most / (60L * 60 * 1000));
    case PYW_KIND_PERCENT:
        return apr_psprintf(pool, "a percentage from %ld%% to %ld%%", rule->least, rule->most);
    case PYW_KIND_SWITCH:
        return "On or Off";
    case PYW_KIND_RELOAD:
        return "auto, always or never";
    case PYW_KIND_SIZE:
        return apr_psprintf(pool, "bytes, or a number with K, M or G, from %ld to %ldM%s", rule->least,
                            rule->most / (1024L * 1024), rule->least > 0 ? ", or 0, the default" : "");
    default:
        return apr_psprintf(pool, "a number from %ld to %ld", rule->least, rule->most);
    }
}
