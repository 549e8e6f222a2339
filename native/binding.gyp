{
  "targets": [{
    "target_name": "fd_lane",
    "sources": ["fd_lane.c"],
    # Without _FORTIFY_SOURCE, the 64-bit aliases of file functions and outlined atomics it asks libc for
    # nothing that musl lacks.
    "cflags": ["-std=c11", "-Wall", "-Wextra", "-O2", "-fvisibility=hidden", "-U_FORTIFY_SOURCE", "-U_FILE_OFFSET_BITS"],
    "conditions": [["target_arch=='arm64'", { "cflags": ["-mno-outline-atomics"] }]]
  }]
}
