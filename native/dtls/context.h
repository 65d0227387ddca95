#pragma once

#include "settings.h"

namespace dtls {

/**
 * DTLS 1.2 with the suites of the settings, and nothing that a build of OpenSSL or a file on the machine could add: suites,
 * groups and signatures are named. Throws Refusal where a key or a certificate cannot be read.
 */
Owned<SSL_CTX> makeContext(const Settings& settings);

/** Key, names and expectations of one association. Throws Refusal. */
void prepare(SSL* ssl, const Settings& settings);

}  // namespace dtls
