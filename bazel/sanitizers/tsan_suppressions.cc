// ThreadSanitizer's suppressions: only reports that involve an uninstrumented library, whose
// synchronisation ThreadSanitizer cannot see. None concerns hob's own code, and the tests of the
// core, which use only Abseil among these libraries, need none. The suppressions also hide races
// between a gRPC reaction and other code; the classes shared by reactions therefore have tests with
// threads of their own.

extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return
      // It destroys its lock at the end of the program, after the last thread that logged has
      // ended.
      "race:libglog.so\n"
      // They pass calls between threads through atomics.
      "race:libgpr.so\n"
      "race:libgrpc.so\n"
      "race:libgrpc++.so\n"
      "race:libupb.so\n"
      // It counts references to a status, and destroys it in a header.
      "race:absl::*::Status::Unref\n"
      // Statuses and times created by gRPC.
      "race:libabsl_status.so\n"
      "race:libabsl_time.so\n"
      // Messages read by gRPC.
      "race:libprotobuf.so\n";
}
