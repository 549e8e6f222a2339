{
  # The addon as the tests of the protocol want it: it can be ended at each step (FD_LANE_STEPS).
  "targets": [{
    "target_name": "fd_lane",
    "sources": ["../fd_lane.c"],
    "defines": ["FD_LANE_STEPS"],
    "cflags": ["-std=c11", "-Wall", "-Wextra", "-g", "-O1", "-fno-omit-frame-pointer"]
  }]
}
