/**
 * The headers of GCC 11 and later call this function, which the libstdc++ of Debian 10 and 11 does not have. With one of our
 * own, a binary that was made on a new system loads on an old one.
 */
#include <new>

namespace std {
[[noreturn]] __attribute__((visibility("hidden"))) void __throw_bad_array_new_length() {
  throw std::bad_array_new_length();
}
}  // namespace std
