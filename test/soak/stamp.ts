/** A time of performance.now() as the app's log has it: milliseconds since 1970. */
export function stamp (time: number): string {
  return String(Math.round(performance.timeOrigin + time))
}
