// The reports that ThreadSanitizer leaves out: only such as come from inside of a library that is
// not instrumented, so that it cannot see how the library synchronises. Nothing of hob's own stands
// here.

extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  // glog destroys its lock when the program ends, after the last thread that logged is known to be
  // gone.
  return "race:libglog.so\n";
}
