// What fs.cc and fs_uncached.cc share: a descriptor that closes itself, and the errors of system calls.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/result.h"

namespace pannier {

// Closes on destruction.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// "cannot OPERATION PATH: REASON", with a hint where the user can do something. kNotFound, else kIo.
Error system_error(const char* operation, const std::string& path, int code = errno);

}  // namespace pannier
