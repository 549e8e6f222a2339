{
  "targets": [{
    "target_name": "fd_lane",
    "sources": ["fd_lane.c"],
    # Without _FORTIFY_SOURCE and outlined atomics it asks libc for nothing that musl lacks.
    "cflags": ["-std=c11", "-Wall", "-Wextra", "-O2", "-fvisibility=hidden", "-U_FORTIFY_SOURCE"],
    "conditions": [["target_arch=='arm64'", { "cflags": ["-mno-outline-atomics"] }]]
  }]
}
