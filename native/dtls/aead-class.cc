#include "aead-class.h"

#include <array>
#include <memory>

#include "aead.h"

namespace dtls {
namespace {

/** A call from JavaScript with that many arguments; those that are missing are undefined. */
template <size_t Count>
struct Call {
  napi_env env;
  napi_value self = nullptr;
  std::array<napi_value, Count> arguments = {};

  Call(napi_env env, napi_callback_info info) : env(env) {
    size_t count = Count;
    check(napi_get_cb_info(env, info, &count, arguments.data(), &self, nullptr));
  }

  View view(size_t index) const { return viewOf(env, arguments[index]); }

  /** Null: it was disposed of. */
  Aead* aead() const {
    void* wrapped = nullptr;
    return napi_unwrap(env, self, &wrapped) == napi_ok ? static_cast<Aead*>(wrapped) : nullptr;
  }
};

/** Bytes of JavaScript that are to be written now. */
struct Room {
  napi_value array = nullptr;
  uint8_t* data = nullptr;
};

Room roomFor(napi_env env, size_t size) {
  // OpenSSL takes a null pointer for another command, and that is what no bytes may have.
  static uint8_t none;
  void* data = nullptr;
  napi_value buffer;
  Room room;
  check(napi_create_arraybuffer(env, size, &data, &buffer));
  check(napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, &room.array));
  room.data = size == 0 ? &none : static_cast<uint8_t*>(data);
  return room;
}

void destroy(napi_env, void* aead, void*) { delete static_cast<Aead*>(aead); }

napi_value construct(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const Call<4> call(env, info);
    uint32_t tagSize = 0;
    check(napi_get_value_uint32(env, call.arguments[1], &tagSize));
    auto aead = std::make_unique<Aead>(textOf(env, call.arguments[0]), tagSize, call.view(2), call.view(3));
    check(napi_wrap(env, call.self, aead.get(), destroy, nullptr, nullptr));
    aead.release();
    return call.self;
  });
}

napi_value seal(napi_env env, napi_callback_info info) {
  return guarded(env, [&] {
    const Call<3> call(env, info);
    Aead* aead = call.aead();
    if (aead == nullptr) throw Refusal("the keys were disposed of");
    const View content = call.view(0);
    const Room fragment = roomFor(env, content.size + aead->overhead());
    aead->seal(content, call.view(1), call.view(2), fragment.data);
    return fragment.array;
  });
}

napi_value open(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    const Call<2> call(env, info);
    Aead* aead = call.aead();
    const View fragment = call.view(0);
    if (aead == nullptr || fragment.size < aead->overhead()) return nullptr;
    const Room content = roomFor(env, fragment.size - aead->overhead());
    return aead->open(fragment, call.view(1), content.data) ? content.array : nullptr;
  });
}

/** Its keys are wiped now, not when the garbage is collected. */
napi_value dispose(napi_env env, napi_callback_info info) {
  return guarded(env, [&]() -> napi_value {
    void* aead = nullptr;
    if (napi_remove_wrap(env, Call<1>(env, info).self, &aead) == napi_ok) destroy(env, aead, nullptr);
    return nullptr;
  });
}

}  // namespace

napi_value classAead(napi_env env) {
  const napi_property_descriptor methods[] = {method("seal", seal), method("open", open), method("dispose", dispose)};
  napi_value constructor;
  check(napi_define_class(env, "Aead", NAPI_AUTO_LENGTH, construct, nullptr, std::size(methods), methods, &constructor));
  return constructor;
}

}  // namespace dtls
