/**
 * What Node does not have of Linux, and the service manager needs: datagrams to a Unix socket, with a file for what is too
 * long for one, and memory that goes back to the system. src/service/native.ts has the types.
 */
#define NAPI_VERSION 8
#include <node_api.h>

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

/** Closed when it goes. */
class File {
 public:
  explicit File(int number) : number_(number) {}
  ~File() {
    if (number_ >= 0) close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int number() const { return number_; }
  bool isOpen() const { return number_ >= 0; }

 private:
  int number_;
};

struct Address {
  sockaddr_un name;
  socklen_t size;
};

/** Null: JavaScript has an exception now. */
napi_value refuse(napi_env env, const char* words) {
  napi_throw_type_error(env, nullptr, words);
  return nullptr;
}

/** unix(7): "@" stands for the zero byte of an abstract name, which has no zero behind it. False where it is no address. */
bool readAddress(napi_env env, napi_value value, Address& to) {
  size_t length = 0;
  memset(&to.name, 0, sizeof to.name);
  to.name.sun_family = AF_UNIX;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return false;
  if (length == 0 || length >= sizeof to.name.sun_path) return false;
  if (napi_get_value_string_utf8(env, value, to.name.sun_path, sizeof to.name.sun_path, &length) != napi_ok) return false;
  const bool isAbstract = to.name.sun_path[0] == '@';
  if (isAbstract) to.name.sun_path[0] = '\0';
  to.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + (isAbstract ? 0 : 1));
  return true;
}

bool readBytes(napi_env env, napi_value value, iovec& to) {
  bool isArray = false;
  napi_typedarray_type type;
  if (napi_is_typedarray(env, value, &isArray) != napi_ok || !isArray) return false;
  if (napi_get_typedarray_info(env, value, &type, &to.iov_len, &to.iov_base, nullptr, nullptr) != napi_ok) return false;
  return type == napi_uint8_array;
}

/** One for the life of the process: it is bound to no name, so it needs no end. Minus one: there is none. */
int ourSocket() {
  static int number = -1;
  if (number >= 0) return number;
  number = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // As sd_journal_send(3) has it: most entries then fit a datagram, and many a queue.
  const int size = 8 * 1024 * 1024;
  if (number >= 0) setsockopt(number, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  return number;
}

/** Zero, or the number of the error. */
int transmit(Address& address, iovec* bytes, const File* file) {
  const int from = ourSocket();
  if (from < 0) return errno;
  msghdr message = {};
  message.msg_name = &address.name;
  message.msg_namelen = address.size;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (file == nullptr) {
    message.msg_iov = bytes;
    message.msg_iovlen = 1;
  } else {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int number = file->number();
    memcpy(CMSG_DATA(header), &number, sizeof number);
  }
  return sendmsg(from, &message, MSG_NOSIGNAL) < 0 ? errno : 0;
}

/** systemd.io/JOURNAL_NATIVE_PROTOCOL: what is too long for a datagram goes as a sealed file in memory. */
int transmitAsFile(Address& address, const iovec& bytes) {
  const File file(static_cast<int>(syscall(SYS_memfd_create, "journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING)));
  if (!file.isOpen()) return errno;
  const char* at = static_cast<const char*>(bytes.iov_base);
  for (size_t left = bytes.iov_len; left > 0;) {
    const ssize_t written = write(file.number(), at, left);
    if (written < 0) return errno;
    at += written;
    left -= static_cast<size_t>(written);
  }
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (fcntl(file.number(), F_ADD_SEALS, seals) != 0) return errno;
  return transmit(address, nullptr, &file);
}

/** sendDatagram(path, bytes, asFile): the number of the error, 0 where it was sent. */
napi_value sendDatagram(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  if (napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr) != napi_ok) return nullptr;
  Address address;
  iovec bytes;
  bool mayBeFile = false;
  if (!readAddress(env, arguments[0], address)) return refuse(env, "expected the path of a socket, below 108 bytes");
  if (!readBytes(env, arguments[1], bytes)) return refuse(env, "expected a Uint8Array");
  if (count > 2 && napi_get_value_bool(env, arguments[2], &mayBeFile) != napi_ok) return refuse(env, "expected a boolean");
  int problem = transmit(address, &bytes, nullptr);
  if (mayBeFile && (problem == EMSGSIZE || problem == ENOBUFS)) problem = transmitAsFile(address, bytes);
  napi_value result;
  return napi_create_int32(env, problem, &result) == napi_ok ? result : nullptr;
}

/** trimMemory(): malloc_trim(3). */
napi_value trimMemory(napi_env, napi_callback_info) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  const napi_property_descriptor methods[] = {
      {"sendDatagram", nullptr, sendDatagram, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"trimMemory", nullptr, trimMemory, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
  };
  const size_t count = sizeof methods / sizeof methods[0];
  return napi_define_properties(env, exports, count, methods) == napi_ok ? exports : nullptr;
}
