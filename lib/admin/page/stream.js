/** Milliseconds without a word after which the connection counts as lost: the server sends a status each second. */
const SILENCE = 4000

/** Milliseconds until another try, where the browser makes none itself: the server answered with an error. */
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
    source.addEventListener('error', () => {
      lose()
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY)
    })
    for (const event of ['history', 'status', 'happened']) {
      source.addEventListener(event, ({ data }) => {
        hear()
        on[event](JSON.parse(data))
      })
    }
  }

  function hear () {
    clearTimeout(silence)
    silence = setTimeout(lose, SILENCE)
    if (!lost) return
    lost = false
    on.found()
  }

  function lose () {
    clearTimeout(silence)
    if (lost) return
    lost = true
    on.lost()
  }
}
