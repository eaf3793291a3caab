# The addon and the core it is linked from. native/dev/Makefile builds tests, benchmarks and fuzz targets on the same core.
{ "variables": { "nt_sanitize%": "" },
  "target_defaults": {
    "cflags_cc!": ["-fno-rtti", "-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
    "cflags!": ["-fno-exceptions"],
    "cflags_cc": ["-std=c++20", "-fexceptions", "-Wall", "-Wextra"],
    "cflags": ["-fvisibility=hidden", "-fstack-protector-strong", "-g1"],
    "defines": ["_FILE_OFFSET_BITS=64", "_GNU_SOURCE"],
    "include_dirs": ["<(module_root_dir)"],
    "ldflags": ["-Wl,-z,relro,-z,now"],
    "conditions": [["nt_sanitize!=''", {
      "cflags+": ["-fsanitize=<(nt_sanitize)", "-fno-omit-frame-pointer", "-g"],
      "ldflags+": ["-fsanitize=<(nt_sanitize)"] }]] },
  "targets": [
    { "target_name": "nt_core", "type": "static_library", "cflags": ["-fPIC"],
      "link_settings": { "libraries": ["-lpcap"] },
      "sources": ["<!@(sh scripts/core-sources.sh)"] },
    { "target_name": "nettrace",
      "dependencies": ["nt_core", "<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except_all"],
      "defines": ["NAPI_VERSION=9"],
      "sources": ["<!@(ls native/binding/*.cc)"] } ] }
