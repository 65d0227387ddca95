#include "datagrams.h"

#include <algorithm>
#include <cstring>

namespace dtls {
namespace {

/** IPv6 and UDP: what a datagram costs beside its bytes, at most. */
constexpr long kHeaders = 40 + 8;
/** RFC 6347 §4.1: type, version, epoch at 3, sequence number, length at 11. */
constexpr size_t kRecordHeader = 13;

size_t uint16At(const Bytes& bytes, size_t at) { return static_cast<size_t>(bytes[at]) << 8 | bytes[at + 1]; }

/** RFC 5246 §6.2.1. Application data is encrypted always; heartbeats and Connection IDs are not OpenSSL's. */
bool isType(uint8_t type, bool encrypted) {
  return type >= SSL3_RT_CHANGE_CIPHER_SPEC && type <= (encrypted ? SSL3_RT_APPLICATION_DATA : SSL3_RT_HANDSHAKE);
}

Datagrams& datagramsOf(BIO* bio) { return *static_cast<Datagrams*>(BIO_get_data(bio)); }

int write(BIO* bio, const char* data, int size) {
  datagramsOf(bio).out.emplace_back(data, data + size);
  return size;
}

/** One datagram at a time, as a socket would: what does not fit is lost. */
int read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  auto& in = datagramsOf(bio).in;
  if (in.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const Bytes datagram = std::move(in.front());
  in.pop_front();
  const size_t count = std::min(datagram.size(), static_cast<size_t>(size));
  if (count > 0) std::memcpy(data, datagram.data(), count);
  return static_cast<int>(count);
}

/** OpenSSL asks a datagram BIO many things; the rest is about sockets, and 0 says that there is none. */
long control(BIO*, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
      return kHeaders;
    default:
      return 0;
  }
}

BIO_METHOD* makeMethod() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams in memory");
  require(method != nullptr, "no memory");
  BIO_meth_set_write(method, write);
  BIO_meth_set_read(method, read);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

BIO* newDatagramBio(Datagrams& datagrams) {
  // One for the whole process: OpenSSL has few numbers for kinds of BIO.
  static BIO_METHOD* const method = makeMethod();
  BIO* bio = BIO_new(method);
  require(bio != nullptr, "no memory");
  BIO_set_data(bio, &datagrams);
  BIO_set_init(bio, 1);
  return bio;
}

Bytes withoutInvalid(Bytes datagram, size_t shortest) {
  size_t kept = 0;
  for (size_t at = 0; at < datagram.size();) {
    const bool whole = at + kRecordHeader <= datagram.size();
    const size_t length = whole ? uint16At(datagram, at + 11) : 0;
    const bool encrypted = whole && uint16At(datagram, at + 3) > 0;
    const bool invalid = whole && (!isType(datagram[at], encrypted) || (encrypted && length < shortest));
    const size_t end = whole ? std::min(at + kRecordHeader + length, datagram.size()) : datagram.size();
    if (!invalid) {
      std::copy(datagram.begin() + at, datagram.begin() + end, datagram.begin() + kept);
      kept += end - at;
    }
    at = end;
  }
  datagram.resize(kept);
  return datagram;
}

}  // namespace dtls
