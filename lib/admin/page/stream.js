/** Milliseconds without a message after which the connection counts as lost. The server sends a status every second. */
const SILENCE = 4000

/**
 * Milliseconds until the next attempt, if the browser does not reconnect itself: the server answered with an
 * error, or not at all.
 */
const RETRY = 2000

/**
 * Follows the server's events. Calls `on.history`, `on.status` and `on.happened` with their data, `on.lost`
 * when the connection is lost, and `on.found` when it is back.
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

  /**
   * Reconnects. If the server has disappeared without closing the connection, it could otherwise stay open
   * for ever.
   */
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
