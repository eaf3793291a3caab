# C++ unit tests, micro-benchmarks and fuzz targets, on the same core as the addon; users never build these.
{ "variables": { "nt_sanitize%": "", "nt_fuzz%": 0 },
  "target_defaults": {
    "cflags_cc!": ["-fno-rtti", "-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["-std=c++20", "-fexceptions", "-Wall", "-Wextra"],
    "defines": ["_FILE_OFFSET_BITS=64", "_GNU_SOURCE"],
    "include_dirs": ["../.."],
    "conditions": [["nt_sanitize!=''", {
      "cflags+": ["-fsanitize=<(nt_sanitize)", "-fno-omit-frame-pointer", "-g"],
      "ldflags+": ["-fsanitize=<(nt_sanitize)"] }]] },
  "targets": [
    { "target_name": "nt_tests", "type": "executable", "dependencies": ["../../binding.gyp:nt_core"],
      "sources": ["test_main.cc", "<!@(ls ../*/*_test.cc 2>/dev/null || true)"] } ],
  "conditions": [["nt_fuzz==1", { "targets": [
    { "target_name": "nt_fuzz_decode", "type": "executable", "dependencies": ["../../binding.gyp:nt_core"],
      "ldflags+": ["-fsanitize=fuzzer"], "sources": ["fuzz_decode.cc"] } ] }]] }
