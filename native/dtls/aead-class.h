#pragma once

#include "napi.h"

namespace dtls {

/** `new Aead(cipher, tagLength, key, salt)`, as src/dtls/native.ts has it. */
napi_value classAead(napi_env env);

}  // namespace dtls
