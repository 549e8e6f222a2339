/** Milliseconds without a word after which the connection counts as lost: the server sends a status each second. */
const SILENCE = 4000

/** Milliseconds until another try, where the browser makes none itself: the server answered with an error, or not at all. */
const RETRY = 2000

/**
 * Follows the server's events. Calls `on.history`, `on.status` and `on.happened` with their data,
 * `on.lost` when the connection is, and `on.found` when it is back.
 */
export function follow (url, on) {
  let source
  let silence
  let lost = false
  connect()

  function connect () {
    source = new EventSource(url)
    listen()
    source.addEventListener('error', () => {
      lose()
      if (source.readyState === EventSource.CLOSED) again()
    })
    for (const event of ['history', 'status', 'happened']) {
      source.addEventListener(event, ({ data }) => {
        hear()
        on[event](JSON.parse(data))
      })
    }
  }

  function listen () {
    clearTimeout(silence)
    silence = setTimeout(() => {
      lose()
      again()
    }, SILENCE)
  }

  /** A connection to a server that is gone without a word may stay open for ever. */
  function again () {
    clearTimeout(silence)
    source.close()
    setTimeout(connect, RETRY)
  }

  function hear () {
    listen()
    if (!lost) return
    lost = false
    on.found()
  }

  function lose () {
    if (lost) return
    lost = true
    on.lost()
  }
}
