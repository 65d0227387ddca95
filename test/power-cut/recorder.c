/*
 * Records what a process does to the files of one folder, in the order in which it does it, with the data: what a disk would have
 * to keep. Preloaded (LD_PRELOAD) into a process whose POWER_CUT_FOLDER names the folder and POWER_CUT_RECORDING the file that gets
 * the records; recording.ts reads them.
 *
 * A record is a header and then `length` bytes of data; numbers are little-endian as the machine has them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPENED = 1, WRITTEN, TRUNCATED, SYNCED, UNLINKED, RENAMED, UNKNOWN };

struct header {
  uint32_t type;
  /* Which file: the number that OPENED gave to its name. */
  uint32_t file;
  uint64_t offset;
  uint64_t length;
};

enum { MOST_FDS = 65536, MOST_FILES = 4096 };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static size_t folder_length;
static int recording = -1;
/* By descriptor: the number of the file, 0 for those that are not ours. */
static uint32_t file_of[MOST_FDS];
static char *names[MOST_FILES];
static uint32_t files;

#define NEXT(name) ((__typeof__(&name))next(#name))

static void *next(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("POWER_CUT_RECORDING");
  folder = getenv("POWER_CUT_FOLDER");
  if (file == NULL || folder == NULL) return;
  folder_length = strlen(folder);
  recording = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  /* What this process starts is another process. */
  unsetenv("POWER_CUT_RECORDING");
}

static void put(const void *bytes, size_t length) {
  const char *at = bytes;
  while (length > 0) {
    long put = syscall(SYS_write, recording, at, length);
    if (put <= 0) abort();
    at += put;
    length -= (size_t)put;
  }
}

static void record(uint32_t type, uint32_t file, uint64_t offset, const void *data, uint64_t length) {
  struct header header = {type, file, offset, data == NULL ? 0 : length};
  put(&header, sizeof header);
  if (data != NULL) put(data, length);
}

/* Only absolute names: SQLite and Node make them so. */
static int is_ours(const char *name) {
  if (recording < 0 || name == NULL || strncmp(name, folder, folder_length) != 0) return 0;
  return name[folder_length] == '\0' || name[folder_length] == '/';
}

static uint32_t number_of(const char *name) {
  for (uint32_t i = 1; i <= files; i++) {
    if (names[i] != NULL && strcmp(names[i], name) == 0) return i;
  }
  if (files + 1 >= MOST_FILES) abort();
  names[++files] = strdup(name);
  return files;
}

static uint32_t file_at(int fd) { return fd >= 0 && fd < MOST_FDS ? file_of[fd] : 0; }

static int opened(int fd, const char *name, int flags) {
  if (fd < 0 || fd >= MOST_FDS || !is_ours(name)) return fd;
  pthread_mutex_lock(&turn);
  file_of[fd] = number_of(name);
  record(OPENED, file_of[fd], (uint64_t)flags, name, strlen(name));
  pthread_mutex_unlock(&turn);
  return fd;
}

#define MODE                                     \
  mode_t mode = 0;                               \
  if ((flags & O_CREAT) != 0) {                  \
    va_list rest;                                \
    va_start(rest, flags);                       \
    mode = va_arg(rest, mode_t);                 \
    va_end(rest);                                \
  }

int open(const char *name, int flags, ...) {
  MODE
  return opened(NEXT(open)(name, flags, mode), name, flags);
}

int open64(const char *name, int flags, ...) {
  MODE
  return opened(NEXT(open64)(name, flags, mode), name, flags);
}

int openat(int at, const char *name, int flags, ...) {
  MODE
  return opened(NEXT(openat)(at, name, flags, mode), name, flags);
}

int openat64(int at, const char *name, int flags, ...) {
  MODE
  return opened(NEXT(openat64)(at, name, flags, mode), name, flags);
}

int close(int fd) {
  if (file_at(fd) != 0) file_of[fd] = 0;
  return NEXT(close)(fd);
}

/* What is done and that it is recorded are one: no other thread comes between. */
#define RECORDED(result, call, condition, ...) \
  pthread_mutex_lock(&turn);                   \
  result = call;                               \
  if (condition) {                             \
    int error = errno;                         \
    record(__VA_ARGS__);                       \
    errno = error;                             \
  }                                            \
  pthread_mutex_unlock(&turn);

ssize_t write(int fd, const void *data, size_t length) {
  uint32_t file = file_at(fd);
  ssize_t done;
  if (file == 0) return NEXT(write)(fd, data, length);
  off64_t offset = (fcntl(fd, F_GETFL) & O_APPEND) != 0 ? lseek64(fd, 0, SEEK_END) : lseek64(fd, 0, SEEK_CUR);
  RECORDED(done, NEXT(write)(fd, data, length), done > 0, WRITTEN, file, (uint64_t)offset, data, (uint64_t)done)
  return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
  uint32_t file = file_at(fd);
  ssize_t done;
  if (file == 0) return NEXT(pwrite)(fd, data, length, offset);
  RECORDED(done, NEXT(pwrite)(fd, data, length, offset), done > 0, WRITTEN, file, (uint64_t)offset, data, (uint64_t)done)
  return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
  uint32_t file = file_at(fd);
  ssize_t done;
  if (file == 0) return NEXT(pwrite64)(fd, data, length, offset);
  RECORDED(done, NEXT(pwrite64)(fd, data, length, offset), done > 0, WRITTEN, file, (uint64_t)offset, data, (uint64_t)done)
  return done;
}

/* Nobody is known to do these to a database: where somebody does, the recording says that it is worth nothing. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  uint32_t file = file_at(fd);
  ssize_t done;
  if (file == 0) return NEXT(writev)(fd, parts, count);
  RECORDED(done, NEXT(writev)(fd, parts, count), 1, UNKNOWN, file, 0, "writev", 6)
  return done;
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
  uint32_t file = file_at(fd);
  int failed;
  if (file == 0) return NEXT(fallocate)(fd, mode, offset, length);
  RECORDED(failed, NEXT(fallocate)(fd, mode, offset, length), 1, UNKNOWN, file, 0, "fallocate", 9)
  return failed;
}

int ftruncate(int fd, off_t length) {
  uint32_t file = file_at(fd);
  int failed;
  if (file == 0) return NEXT(ftruncate)(fd, length);
  RECORDED(failed, NEXT(ftruncate)(fd, length), failed == 0, TRUNCATED, file, (uint64_t)length, NULL, 0)
  return failed;
}

int ftruncate64(int fd, off64_t length) {
  uint32_t file = file_at(fd);
  int failed;
  if (file == 0) return NEXT(ftruncate64)(fd, length);
  RECORDED(failed, NEXT(ftruncate64)(fd, length), failed == 0, TRUNCATED, file, (uint64_t)length, NULL, 0)
  return failed;
}

int fsync(int fd) {
  uint32_t file = file_at(fd);
  int failed;
  if (file == 0) return NEXT(fsync)(fd);
  RECORDED(failed, NEXT(fsync)(fd), failed == 0, SYNCED, file, 0, NULL, 0)
  return failed;
}

int fdatasync(int fd) {
  uint32_t file = file_at(fd);
  int failed;
  if (file == 0) return NEXT(fdatasync)(fd);
  RECORDED(failed, NEXT(fdatasync)(fd), failed == 0, SYNCED, file, 0, NULL, 0)
  return failed;
}

int unlink(const char *name) {
  int failed;
  if (!is_ours(name)) return NEXT(unlink)(name);
  RECORDED(failed, NEXT(unlink)(name), failed == 0, UNLINKED, number_of(name), 0, name, strlen(name))
  return failed;
}

int rename(const char *from, const char *to) {
  int failed;
  if (!is_ours(from)) return NEXT(rename)(from, to);
  RECORDED(failed, NEXT(rename)(from, to), failed == 0, RENAMED, number_of(from), number_of(to), to, strlen(to))
  return failed;
}
