// The admin page: shows the server's status every second, and its events as they happen.
import { Charts } from './charts.js'
import { byId, setData, setText } from './dom.js'
import { Events } from './events.js'
import { scrollIfTooNarrow } from './fit.js'
import { time } from './format.js'
import { Header } from './header.js'
import { Reload } from './reload.js'
import { sentence, shortEnding } from './sentences.js'
import { Steer } from './steer.js'
import { follow } from './stream.js'
import { Workers } from './workers.js'

const header = new Header()
const charts = new Charts()
const steer = new Steer()
const workers = new Workers(slot => { steer.restart(slot) })
const reload = new Reload()
const events = new Events()
let listeners = []
scrollIfTooNarrow(byId('table'))

follow('events', {
  history ({ samples, happened }) {
    charts.replace(samples)
    reload.forget()
    events.clear()
    for (const earlier of happened) events.add(earlier.time, sentence(earlier, listeners))
  },

  status (status) {
    listeners = status.listeners
    header.show(status)
    if (status.sample !== null) charts.add(status.sample)
    workers.show(status)
    reload.show(status)
    steer.show(status)
    link('live', 'Live')
  },

  happened (happened) {
    events.add(happened.time, sentence(happened, listeners))
    reload.show(happened)
    switch (happened.event) {
      case 'worker-exit': if (!happened.asked) workers.mourn(happened.id, shortEnding(happened)); break
      case 'reload-end': reload.complete(happened); break
      case 'reload-aborted': reload.abort(happened)
    }
  },

  lost () {
    link('lost', 'Disconnected')
    const lost = byId('lost')
    setText(lost, `Connection to the server lost at ${time(Date.now())}. This page shows the state at that time. Reconnecting…`)
    lost.hidden = false
    document.body.classList.add('stale')
  },

  found () {
    byId('lost').hidden = true
    document.body.classList.remove('stale')
    events.add(Date.now(), { text: 'reconnected to the server', tone: 'plain' })
  }
})

function link (state, text) {
  setData(byId('link'), 'state', state)
  setText(byId('link'), text)
}
