/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYW_COMMAND_SERVE_CERTIFICATE_H
#define PYW_COMMAND_SERVE_CERTIFICATE_H

/*
 * Makes a certificate for localhost that signs itself, by the program openssl. Returns 0; -1: openssl is not installed,
 * or has failed.
 */
int pyw_certificate_make(const char *certificate, const char *key);

#endif
