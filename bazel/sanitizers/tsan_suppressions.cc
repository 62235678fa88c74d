// The reports that ThreadSanitizer leaves out: only such as have a library in them that is not
// instrumented, so that it cannot see how the library synchronises. Nothing of hob's own stands
// here, and the tests of the core, which have none of these libraries but Abseil, need none of it.
// A race between a reaction, which gRPC calls, and something else is not seen for that: what
// reactions share with others is in classes that are tested with threads of their own.

extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return
      // It destroys its lock when the program ends, after the last thread that logged is known to
      // be gone.
      "race:libglog.so\n"
      // They hand calls from thread to thread by atomics.
      "race:libgpr.so\n"
      "race:libgrpc.so\n"
      "race:libgrpc++.so\n"
      "race:libupb.so\n"
      // It counts who holds a status, and destroys it in a header.
      "race:absl::*::Status::Unref\n"
      // Statuses and times that gRPC has made.
      "race:libabsl_status.so\n"
      "race:libabsl_time.so\n"
      // Messages that gRPC has read.
      "race:libprotobuf.so\n";
}
