{
  # The addon under AddressSanitizer and UndefinedBehaviorSanitizer: see run.js.
  "targets": [{
    "target_name": "fd_lane",
    "sources": ["../fd_lane.c"],
    "defines": ["FD_LANE_STEPS"],
    "cflags": ["-std=c11", "-Wall", "-Wextra", "-g", "-O1", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"],
    "ldflags": ["-fsanitize=address,undefined"]
  }]
}
