/* SPDX-License-Identifier: Apache-2.0 */
#include "command/terminal.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"

enum { WIDTH_DEFAULT = 80, ESCAPE_LENGTH = 4 /* of a byte: \xHH */ };

/* SGR parameters (ECMA-48). */
static const char *const styles[] = {"", "1", "32", "33", "31"};

int pyw_terminal_has_colour(void)
{
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && (no_colour == NULL || *no_colour == '\0') &&
           (term == NULL || strcmp(term, "dumb") != 0);
}

int pyw_terminal_width(void)
{
    struct winsize size;

    if (!isatty(STDOUT_FILENO)) {
        return 0;
    }
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : WIDTH_DEFAULT;
}

size_t pyw_terminal_fit(const char *text, int columns)
{
    const char *at = text;

    for (; *at != '\0'; at++) {
        columns -= ((unsigned char)*at & 0xc0) != 0x80;
        if (columns < 0) {
            break;
        }
    }
    return (size_t)(at - text);
}

int pyw_terminal_width_of(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

const char *pyw_terminal_padded(apr_pool_t *pool, const char *text, int width)
{
    int padding = abs(width) - pyw_terminal_width_of(text);

    if (padding <= 0) {
        return text;
    }
    return width < 0 ? apr_psprintf(pool, "%s%*s", text, padding, "") : apr_psprintf(pool, "%*s%s", padding, "", text);
}

void pyw_terminal_print(pyw_terminal_style style, const char *text)
{
    if (style != PYW_STYLE_PLAIN && pyw_terminal_has_colour()) {
        printf("\033[%sm%s\033[0m", styles[style], text);
    }
    else {
        fputs(text, stdout);
    }
}

const char *pyw_terminal_escaped(apr_pool_t *pool, const char *text)
{
    size_t length = strlen(text), size = length * ESCAPE_LENGTH + 1;
    char *out = apr_palloc(pool, size);

    pyw_log_escape(out, size, text, length);
    return out;
}
