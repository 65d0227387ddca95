/** Node-API, for C++: what goes wrong is an exception here, and an Error there. */
#pragma once

#define NAPI_VERSION 8
#include <node_api.h>

#include <algorithm>
#include <exception>

#include "openssl.h"

namespace dtls {

/** A call of Node-API failed; where JavaScript has thrown already, that error stands. */
inline void check(napi_status status) {
  if (status != napi_ok) throw Refusal("expected another kind of value");
}

inline napi_value fromNumber(napi_env env, double number) {
  napi_value value;
  check(napi_create_double(env, number, &value));
  return value;
}

inline napi_value fromFlag(napi_env env, bool flag) {
  napi_value value;
  check(napi_get_boolean(env, flag, &value));
  return value;
}

inline napi_value fromText(napi_env env, const std::string& text) {
  napi_value value;
  check(napi_create_string_utf8(env, text.data(), text.size(), &value));
  return value;
}

/** A Uint8Array of its own memory, so that no two values share a pool that a key would stay in. */
inline napi_value fromBytes(napi_env env, const uint8_t* data, size_t size) {
  void* to = nullptr;
  napi_value buffer, array;
  check(napi_create_arraybuffer(env, size, &to, &buffer));
  if (size > 0) std::copy(data, data + size, static_cast<uint8_t*>(to));
  check(napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, &array));
  return array;
}

inline napi_value fromBytes(napi_env env, const Bytes& bytes) { return fromBytes(env, bytes.data(), bytes.size()); }
inline napi_value fromBytes(napi_env env, const Secret& bytes) { return fromBytes(env, bytes.data(), bytes.size()); }

inline napi_value fromList(napi_env env, const std::vector<Bytes>& list) {
  napi_value array;
  check(napi_create_array_with_length(env, list.size(), &array));
  for (uint32_t i = 0; i < list.size(); i++) check(napi_set_element(env, array, i, fromBytes(env, list[i])));
  return array;
}

inline void set(napi_env env, napi_value object, const char* name, napi_value value) {
  check(napi_set_named_property(env, object, name, value));
}

/** Bytes that JavaScript owns: valid until control goes back to it. */
inline View viewOf(napi_env env, napi_value value) {
  bool isArray = false;
  check(napi_is_typedarray(env, value, &isArray));
  if (!isArray) throw Refusal("expected a Uint8Array");
  napi_typedarray_type type;
  void* data = nullptr;
  size_t size = 0;
  check(napi_get_typedarray_info(env, value, &type, &size, &data, nullptr, nullptr));
  if (type != napi_uint8_array) throw Refusal("expected a Uint8Array");
  return {static_cast<const uint8_t*>(data), size};
}

inline std::string textOf(napi_env env, napi_value value) {
  size_t size = 0;
  check(napi_get_value_string_utf8(env, value, nullptr, 0, &size));
  std::string text(size, 0);
  // Node-API writes a zero behind the text, where std::string has room for one.
  check(napi_get_value_string_utf8(env, value, text.data(), size + 1, &size));
  return text;
}

inline napi_property_descriptor method(const char* name, napi_callback callback) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, napi_default, nullptr};
}

/** An object of JavaScript; what it lacks leaves the value of before. */
class Reader {
 public:
  Reader(napi_env env, napi_value object) : env_(env), object_(object) {}

  void read(const char* name, bool& to) const {
    if (napi_value value = at(name)) check(napi_get_value_bool(env_, value, &to));
  }
  void read(const char* name, uint32_t& to) const {
    if (napi_value value = at(name)) check(napi_get_value_uint32(env_, value, &to));
  }
  void read(const char* name, int64_t& to) const {
    if (napi_value value = at(name)) check(napi_get_value_int64(env_, value, &to));
  }
  void read(const char* name, std::string& to) const {
    if (napi_value value = at(name)) to = textOf(env_, value);
  }
  void read(const char* name, Bytes& to) const {
    if (napi_value value = at(name)) to = bytesOf(value);
  }
  void read(const char* name, Secret& to) const {
    napi_value value = at(name);
    if (value == nullptr) return;
    const View view = viewOf(env_, value);
    to = Secret(view.data, view.size);
  }
  void read(const char* name, std::vector<Bytes>& to) const {
    each(name, [&](napi_value item) { to.push_back(bytesOf(item)); });
  }

  template <typename Take>
  void each(const char* name, Take take) const {
    napi_value list = at(name);
    if (list == nullptr) return;
    uint32_t length = 0;
    check(napi_get_array_length(env_, list, &length));
    for (uint32_t i = 0; i < length; i++) {
      napi_value item;
      check(napi_get_element(env_, list, i, &item));
      take(item);
    }
  }

  bool has(const char* name) const { return at(name) != nullptr; }

 private:
  /** Null where it is absent or undefined. */
  napi_value at(const char* name) const {
    napi_value value;
    napi_valuetype type;
    check(napi_get_named_property(env_, object_, name, &value));
    check(napi_typeof(env_, value, &type));
    return type == napi_undefined ? nullptr : value;
  }
  Bytes bytesOf(napi_value value) const {
    const View view = viewOf(env_, value);
    return Bytes(view.data, view.data + view.size);
  }

  napi_env env_;
  napi_value object_;
};

/** Runs what may throw; what was thrown becomes an Error of JavaScript. */
template <typename Body>
napi_value guarded(napi_env env, Body body) {
  try {
    return body();
  } catch (const std::exception& problem) {
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) != napi_ok || !pending)
      napi_throw_error(env, nullptr, problem.what());
    return nullptr;
  }
}

}  // namespace dtls
