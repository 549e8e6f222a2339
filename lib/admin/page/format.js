// Formats numbers for people. English, like the page; times are in the reader's time zone.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
const clockMinutes = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

export function count (number) {
  return number < 1_000_000 ? whole.format(number) : compact.format(number)
}

export function rate (number) {
  return number > 0 && number < 10 ? tenths.format(number) : count(number)
}

/** For the axis of a chart. */
export function short (number) {
  return number < 10_000 ? tenths.format(number) : compact.format(number)
}

export function percent (share) {
  return `${whole.format(share * 100)} %`
}

export function bytes (number) {
  const mebibytes = number / 2 ** 20
  return mebibytes < 1024 ? `${whole.format(mebibytes)} MiB` : `${tenths.format(mebibytes / 1024)} GiB`
}

export function milliseconds (number) {
  return number < 1000 ? `${whole.format(number)} ms` : `${tenths.format(number / 1000)} s`
}

/** Formats the two largest units of a duration in milliseconds. */
export function duration (milliseconds) {
  const seconds = Math.floor(milliseconds / 1000)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  if (days > 0) return `${days} d ${hours % 24} h`
  if (hours > 0) return `${hours} h ${minutes % 60} m`
  if (minutes > 0) return `${minutes} m ${seconds % 60} s`
  return `${seconds} s`
}

export function time (milliseconds) {
  return clock.format(milliseconds)
}

export function timeOfDay (milliseconds) {
  return clockMinutes.format(milliseconds)
}

/** Formats a listener's address: `{ address, port }` for TCP, or the path of a socket. */
export function address (where) {
  if (typeof where === 'string') return where
  return where.address.includes(':') ? `[${where.address}]:${where.port}` : `${where.address}:${where.port}`
}

export function plural (number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`
}
