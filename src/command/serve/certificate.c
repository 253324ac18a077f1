/* SPDX-License-Identifier: Apache-2.0 */
#include "command/serve/certificate.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* httpd's parent reads the key as the calling user. */
static void run_openssl(const char *certificate, const char *key)
{
    const char *const arguments[] = {"openssl",
                                     "req",
                                     "-x509",
                                     "-newkey",
                                     "ec",
                                     "-pkeyopt",
                                     "ec_paramgen_curve:prime256v1",
                                     "-nodes",
                                     "-batch",
                                     "-days",
                                     "30",
                                     "-subj",
                                     "/CN=localhost",
                                     "-addext",
                                     "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
                                     "-addext",
                                     "basicConstraints=critical,CA:FALSE",
                                     "-keyout",
                                     key,
                                     "-out",
                                     certificate,
                                     NULL};

    int null = open("/dev/null", O_WRONLY);

    umask(077);
    dup2(null, 2); /* it prints dots */
    execvp(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
}

int pyw_certificate_make(const char *certificate, const char *key)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        run_openssl(certificate, key);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}
