import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { launch, noBrowser, openPage } from './browser.js'
import { createWorker, FakeAdmin, TOKEN } from './fake-admin.js'
import { type Contrast, readContrasts } from './contrast.js'

const browser = noBrowser === false ? await launch() : undefined
t.teardown(async () => { await browser?.close() })

interface Scene extends BrowserContextOptions {
  workers?: number
  /** Called before the page is opened. */
  prepare?: (fake: FakeAdmin) => void
  /** Browser messages that the scene causes deliberately. */
  tolerated?: RegExp
}

/**
 * Opens the page of a fake with this many workers. In every scene the page must cause no error, violate no
 * policy and make no request to other servers.
 */
function scene (name: string, { workers = 3, prepare, tolerated = /^$/, ...options }: Scene, run: (t: Test, page: Page, fake: FakeAdmin) => Promise<void>): void {
  t.test(name, { skip: noBrowser }, async t => {
    const fake = new FakeAdmin(workers)
    prepare?.(fake)
    await fake.listen()
    const { page, problems } = await openPage(browser!, fake.url, options)
    t.teardown(async () => {
      await page.context().close()
      await fake.close()
    })
    // The page's clock advances only when a test says so, however slow the machine is.
    await page.clock.install()
    await page.clock.pauseAt(Date.now() + 60_000)
    await page.goto(fake.url)
    await page.locator('#link[data-state=live]').waitFor()
    await run(t, page, fake)
    t.strictSame(problems.filter(problem => !tolerated.test(problem)), [], 'no error, no violation of the policy, no request to another server')
  })
}

function row (page: Page, id: number): Locator {
  return page.locator(`#rows [data-id="${id}"]`)
}

async function cells (row: Locator): Promise<string[]> {
  return await row.locator('th, td').allTextContents()
}

const died = { id: 3, slot: 2, pid: 4103, generation: 0, code: null, signal: 'SIGKILL', asked: false }

scene('the server and each of its workers are shown', {}, async (t, page) => {
  t.equal(await page.locator('#name').textContent(), 'shop')
  t.equal(await page.title(), 'shop · shared-fastify')
  t.equal(await page.locator('#state').textContent(), 'Ready')
  t.strictSame(await page.locator('#facts dd').allTextContents(),
    ['0.0.0.0:3000', '1 h 0 m', '0', 'round-robin', 'native', '120,000', '3,000', '0', '0', '0', '0', '0', '4100', '1.0.0 on Node v24.4.0'])
  t.equal(await page.locator('#workers-count').textContent(), '3 workers, all ready')
  t.equal(await page.locator('#rows tr').count(), 3)
  t.strictSame(await cells(row(page, 2)), ['1', '2', '4102', 'Ready', '0', '1 h 0 m', '20', '12', '480', '42 %', '12 ms', '83 MiB', '0'])
  t.strictSame(await cells(page.locator('#totals tr')), ['', 'Total', '', '', '', '', '60', '36', '1,440', '42 %', '12 ms', '249 MiB', '0'])
})

scene('the charts have text alternatives, and pointing at one shows the values of that time in all', { prepare: fake => { fake.remember(600) } }, async (t, page) => {
  const charts = page.getByRole('img')
  t.equal(await charts.count(), 4)
  t.match(await charts.first().getAttribute('aria-label'), /^Requests: 1,440 per second now, maximum [\d,]+ in the last 10 minutes$/)
  t.strictSame(await page.locator('.figures strong').allTextContents(), ['1,440', '36', '0', '42 %'])

  t.strictSame(await page.locator('.when').allTextContents(), ['', '', '', ''])
  await page.locator('.u-over').first().hover()
  const [first, ...others] = await page.locator('.when').allTextContents()
  t.match(first, /^\d\d:\d\d:\d\d$/)
  t.strictSame(others, [first, first, first])
})

scene('a row is updated in place, and only the cells that have changed', { workers: 64 }, async (t, page, fake) => {
  t.equal(await page.locator('#rows tr').count(), 64)
  await page.evaluate('changes = []; new MutationObserver(records => changes.push(...records)).observe(document.getElementById("rows"), { subtree: true, childList: true, characterData: true, attributes: true })')
  fake.status.workers[40]!.requestRate = 512
  fake.tick()
  await row(page, 41).getByText('512').waitFor()
  t.equal(await page.evaluate('changes.length'), 1)
})

scene('workers are sorted by slot', {}, async (t, page, fake) => {
  fake.status.workers.push(createWorker(4, { slot: 0, state: 'starting', pid: undefined }))
  fake.tick()
  await row(page, 4).waitFor()
  t.strictSame(await page.locator('#rows th').allTextContents(), ['1', '4', '2', '3'])
  t.strictSame((await cells(row(page, 4))).slice(0, 4), ['0', '4', '–', 'Starting'])
  t.equal(await page.locator('#workers-count').textContent(), '3 ready, 1 starting')
})

scene('a killed worker is reported, and its row is removed', {}, async (t, page, fake) => {
  fake.happened('worker-exit', died)
  fake.status.workers.pop()
  fake.tick()
  await page.getByRole('log').getByText('worker 3 was killed by SIGKILL').waitFor()
  await row(page, 3).getByText('Killed by SIGKILL').waitFor()
  t.equal(await page.locator('#workers-count').textContent(), '2 workers, all ready')
  await page.clock.runFor(5000)
  await row(page, 3).waitFor({ state: 'detached' })
})

scene('the row of a worker that exits as expected is removed at once', {}, async (t, page, fake) => {
  fake.happened('worker-exit', { ...died, code: 0, signal: null, asked: true })
  fake.status.workers.pop()
  fake.tick()
  await row(page, 3).waitFor({ state: 'detached' })
  t.strictSame(await page.locator('#events span').allTextContents(), ['worker 3 exited'])
})

scene('a reload shows its progress and its completion', {}, async (t, page, fake) => {
  const strip = page.locator('#reload')
  t.notOk(await strip.isVisible())
  fake.status.reload = { generation: 1, replaced: 0, workers: 3 }
  fake.happened('reload-start', { generation: 1 })
  await strip.getByText('Reload to generation 1: 0 of 3 workers replaced').waitFor()
  fake.status.reload.replaced = 1
  fake.happened('worker-ready', { id: 4, slot: 0, pid: 4104, generation: 1 })
  await strip.getByText('Reload to generation 1: 1 of 3 workers replaced').waitFor()
  fake.status.workers[1]!.state = 'draining'
  fake.tick()
  t.strictSame(await page.evaluate("(bar => [bar.value, bar.max])(document.querySelector('progress'))"), [1, 3])
  await row(page, 2).getByText('Draining').waitFor()
  fake.status.reload = null
  fake.happened('reload-end', { generation: 1 })
  fake.tick()
  await strip.getByText('Reload to generation 1 complete').waitFor()
  await page.clock.runFor(8000)
  await strip.waitFor({ state: 'hidden' })
})

scene('events are described in sentences, with the reason of an aborted reload', {}, async (t, page, fake) => {
  fake.happened('worker-start', { id: 4, slot: 3, pid: 4104, generation: 0 })
  fake.happened('worker-ready', { id: 4, slot: 3, pid: 4104, generation: 0 })
  fake.happened('stalled', { id: 4, slot: 3, pid: 4104, generation: 0, silence: 3000 })
  fake.happened('overloaded', { key: fake.status.listeners[0]!.key, pending: 4096 })
  fake.happened('reload-aborted', { generation: 1, error: 'worker 5 exited with code 1' })
  await page.locator('#reload').getByText('Reload to generation 1 aborted: worker 5 exited with code 1').waitFor()
  t.strictSame(await page.locator('#events span').allTextContents(), [
    'reload to generation 1 aborted: worker 5 exited with code 1',
    'overloaded: 4,096 connections pending at 0.0.0.0:3000',
    'worker 4 is not responding: event loop has not run for 3 s',
    'worker 4 is ready (pid 4104)',
    'worker 4 started in slot 3'
  ])
})

scene('the controls can be used with the keyboard alone', {}, async (t, page, fake) => {
  const seen: unknown[] = []
  const press = async (key: string): Promise<void> => {
    await page.keyboard.press(key)
    seen.push(await page.evaluate("[document.activeElement.id || document.activeElement.className, getComputedStyle(document.activeElement).outlineStyle === 'solid']"))
  }
  await press('Tab')
  await page.keyboard.press('Enter')
  t.equal(await page.evaluate('document.activeElement.id'), 'workers-title', 'the first link leads to the workers')
  await press('Tab')
  await page.keyboard.type(TOKEN)
  await press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('Reloading to generation 1').waitFor()
  await press('Tab')
  await press('Tab')
  await page.keyboard.press('Space')
  await page.getByText('Scaling to 4 workers').waitFor()
  t.strictSame(seen, ['skip', 'token', 'reload-button', 'fewer', 'more'].map(name => [name, true]), 'each of them has a visible focus')
  t.strictSame(fake.posts, [{ url: '/reload', body: '' }, { url: '/scale', body: '{"workers":4}' }])
  t.equal(await page.locator('#target').textContent(), '4')
})

/** Clicks a button with the token entered, and waits for the server's answer. */
async function steer (page: Page, button: string, answer: string): Promise<void> {
  await page.getByLabel('Token').fill(TOKEN)
  await page.getByRole('button', { name: button }).click()
  await page.locator('#answer').getByText(answer, { exact: true }).waitFor()
}

scene('a requested reload is shown as in progress until it is done', {}, async (t, page, fake) => {
  const answer = page.locator('#answer')
  await steer(page, 'Reload', 'Reloading to generation 1')
  fake.tick()
  await page.locator('#facts').getByText('1 h 0 m', { exact: true }).waitFor()
  t.equal(await answer.textContent(), 'Reloading to generation 1', 'a status from before the reload does not complete it')
  fake.status.generation = 1
  fake.status.reload = { generation: 1, replaced: 1, workers: 3 }
  fake.tick()
  await page.locator('#reload').getByText('1 of 3 workers replaced').waitFor()
  t.equal(await answer.textContent(), 'Reloading to generation 1')
  fake.status.reload = null
  fake.status.reloads.completed = 1
  fake.tick()
  await answer.getByText('Reloaded to generation 1', { exact: true }).waitFor()
  await page.clock.runFor(3000)
  fake.tick()
  await page.clock.runFor(3000)
  fake.tick()
  await page.clock.runFor(2000)
  t.equal(await answer.textContent(), '')
})

scene('an aborted reload is shown as aborted, even if the page missed the event', {}, async (_t, page, fake) => {
  await steer(page, 'Reload', 'Reloading to generation 1')
  fake.status.generation = 1
  fake.status.reload = { generation: 1, replaced: 1, workers: 3 }
  fake.tick()
  await page.locator('#reload').waitFor()
  fake.status.reload = null
  fake.status.reloads.aborted = 1
  fake.tick()
  await page.locator('#reload').waitFor({ state: 'hidden' })
  await page.locator('#answer').getByText('Reload to generation 1 aborted', { exact: true }).waitFor()
})

scene('when the server has been restarted, nothing is shown as in progress', {}, async (_t, page, fake) => {
  await steer(page, 'Reload', 'Reloading to generation 1')
  fake.status.startedAt += 60_000
  fake.tick()
  await page.locator('#answer').getByText('The server was restarted', { exact: true }).waitFor()
})

scene('a requested scaling is shown as in progress until it is done or has failed', {}, async (_t, page, fake) => {
  await steer(page, 'Add one worker', 'Scaling to 4 workers')
  fake.tick()
  fake.status.wanted = 4
  fake.status.workers.push(createWorker(4, { state: 'starting' }))
  fake.tick()
  await row(page, 4).getByText('Starting').waitFor()
  await page.locator('#answer').getByText('Scaling to 4 workers', { exact: true }).waitFor()
  fake.status.workers[3]!.state = 'ready'
  fake.tick()
  await page.locator('#answer').getByText('Scaled to 4 workers', { exact: true }).waitFor()
  await steer(page, 'Add one worker', 'Scaling to 5 workers')
  fake.status.wanted = 5
  fake.tick()
  fake.status.wanted = 4
  fake.tick()
  await page.locator('#answer').getByText('Not scaled to 5: the target is now 4 workers', { exact: true }).waitFor()
})

scene('the worker of one slot is restarted, and the result is shown', {}, async (t, page, fake) => {
  fake.status.workers.push(createWorker(4, { slot: 1, state: 'starting' }))
  fake.tick()
  await row(page, 4).waitFor()
  t.equal(await row(page, 4).getByRole('button').count(), 0, 'a worker that is not ready has no button')
  await steer(page, 'Restart the worker of slot 1', 'Restarting the worker of slot 1')
  t.strictSame(fake.posts, [{ url: '/restart', body: '{"slot":1}' }])
  fake.restarts[0]!({ event: 'done' })
  await page.locator('#answer').getByText('Restarted the worker of slot 1', { exact: true }).waitFor()
  await steer(page, 'Restart the worker of slot 2', 'Restarting the worker of slot 2')
  fake.restarts[1]!({ event: 'failed', error: 'Worker 9 exited with code 1 before it was ready' })
  await page.locator('#answer').getByText('Slot 2 was not restarted: Worker 9 exited with code 1 before it was ready', { exact: true }).waitFor()
  fake.status.steerable = false
  fake.tick()
  await page.locator('#read-only').waitFor()
  t.equal(await page.locator('#rows').getByRole('button').count(), 0)
})

scene('refusals of the server are explained', { tolerated: /^Failed to load resource: the server responded with a status of 4/ }, async (t, page, fake) => {
  const reload = page.getByRole('button', { name: 'Reload' })
  await reload.click()
  await page.getByText('Enter the admin token').waitFor()
  for (const wrong of ['guess', 'gueß']) {
    await page.getByLabel('Token').fill(wrong)
    await reload.click()
    await page.getByText('The token is wrong').waitFor()
  }
  await page.getByLabel('Token').fill(TOKEN)
  fake.status.state = 'stopping'
  await page.getByRole('button', { name: 'Remove one worker' }).click()
  await page.getByText('The server is stopping').waitFor()
  t.equal(await page.locator('#target').textContent(), '3', 'nothing is scaled')
  t.equal(fake.posts.length, 1)
  await page.reload()
  t.equal(await page.getByLabel('Token').inputValue(), TOKEN, 'the token is kept for the tab')
  t.strictSame(await page.evaluate('[localStorage.length, document.cookie]'), [0, ''], 'and nowhere else')
})

scene('without a configured token there are no controls', { prepare: fake => { fake.status.steerable = false } }, async (t, page) => {
  t.ok(await page.getByText('Read-only').isVisible())
  t.equal(await page.getByRole('button').count(), 0)
})

scene('a lost connection is reported until it is back', { tolerated: /^Failed to load resource: net::/ }, async (t, page, fake) => {
  await fake.close()
  await page.getByRole('alert').getByText('Connection to the server lost').waitFor()
  t.equal(await page.locator('#link').textContent(), 'Disconnected')
  fake.status.workers.pop()
  await fake.listen()
  await page.locator('#link[data-state=live]').waitFor()
  t.notOk(await page.getByRole('alert').isVisible())
  t.equal(await page.locator('#rows tr').count(), 2)
})

scene('a silent connection counts as lost, and the page reconnects', {}, async (_t, page) => {
  await page.clock.runFor(4000)
  await page.getByRole('alert').getByText('Connection to the server lost').waitFor()
  await page.clock.runFor(2000)
  await page.getByRole('alert').waitFor({ state: 'hidden' })
})

const hostile = '<img src=x onerror=alert(1)>'

scene('data from the server is never inserted as markup', { prepare: fake => { Object.assign(fake.status, { name: hostile, app: hostile, policy: hostile }) } }, async (t, page, fake) => {
  fake.happened('reload-aborted', { generation: 1, error: hostile })
  await page.locator('#events').getByText(hostile).waitFor()
  t.equal(await page.locator('#name').textContent(), hostile)
  t.equal(await page.locator('img').count(), 0)
})

const long = { name: 'a-name-without-an-end-'.repeat(4), app: `/srv/${'deeper/'.repeat(20)}app.ts` }

/** Letter spacings that imitate much narrower and much wider fonts. */
const SPACINGS = ['-2px', 'normal', '4px']

scene('with any width and any font, nothing overflows the page: the table scrolls if it does not fit', { workers: 64, prepare: fake => { Object.assign(fake.status, long) } }, async (t, page, fake) => {
  fake.happened('reload-aborted', { generation: 1, error: 'x'.repeat(200) })
  fake.happened('worker-exit', died)
  await row(page, 3).getByText('Killed by SIGKILL').waitFor()
  for (const width of [320, 390, 768, 1024, 1280, 1920]) {
    await page.setViewportSize({ width, height: 844 })
    for (const spacing of SPACINGS) {
      await page.evaluate(`document.getElementById('table').style.letterSpacing = '${spacing}'`)
      t.equal(await page.evaluate(SEEN), width, `${width} pixels, letter-spacing ${spacing}`)
      t.ok(await page.evaluate("(box => { box.scrollLeft = 1e6; return document.querySelector('#totals tr').lastElementChild.getBoundingClientRect().right <= box.getBoundingClientRect().right + 1 })(document.getElementById('table'))"), 'the last column can be reached')
    }
  }
})

/** The width of the page after the next layout. Resize observers are called in the order in which they were added. */
const SEEN = "new Promise(resolve => { new ResizeObserver(() => { resolve(document.documentElement.scrollWidth) }).observe(document.getElementById('table')) })"

scene('if the table fits, its header stays visible', { workers: 64 }, async (t, page) => {
  for (const [spacing, sticks] of [['-2px', true], ['4px', false]] as const) {
    await page.evaluate(`document.getElementById('table').style.letterSpacing = '${spacing}'`)
    await page.setViewportSize({ width: 1280, height: 844 })
    await page.evaluate(SEEN)
    await page.evaluate('scrollTo(0, 1000)')
    t.equal(await page.evaluate("document.querySelector('thead th').getBoundingClientRect().top === 0"), sticks)
  }
})

scene('on a phone each worker is a card with labelled values', { viewport: { width: 390, height: 844 } }, async (t, page) => {
  t.equal(await page.evaluate("getComputedStyle(document.querySelector('#rows .rss'), '::before').content"), '"Memory"')
  t.equal(await page.getByRole('row').count(), 5, 'it is still a table')
  t.equal(await page.getByRole('columnheader').count(), 13)
})

for (const colorScheme of ['light', 'dark'] as const) {
  scene(`all text has enough contrast: ${colorScheme}`, { colorScheme, workers: 6 }, async (t, page, fake) => {
    const [first, second, third] = fake.status.workers
    first!.saturated = true
    second!.state = 'starting'
    third!.state = 'draining'
    fake.status.reload = { generation: 1, replaced: 1, workers: 6 }
    for (const [event, fields] of Object.entries({ 'reload-end': { generation: 1 }, overloaded: { key: '', pending: 1 }, 'worker-exit': { ...died, id: 4 } })) fake.happened(event, fields)
    fake.tick()
    await page.getByRole('button', { name: 'Reload' }).click()
    await row(page, 2).getByText('Starting').waitFor()
    const contrasts: Contrast[] = await page.evaluate(readContrasts)
    t.ok(contrasts.length > 100)
    t.strictSame(contrasts.filter(({ ratio }) => ratio < 4.5), [], 'WCAG 2, AA')
  })
}

scene('the charts follow the colour scheme of the system', {}, async (t, page) => {
  const draw = async (): Promise<unknown> => await page.evaluate('document.querySelector("canvas").toDataURL()')
  const light = await draw()
  // Added after the page's own listener, so that the charts have been redrawn when it is called.
  await page.evaluate("changed = new Promise(resolve => { matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { resolve() }) }); undefined")
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.evaluate('changed')
  t.not(await draw(), light)
})

scene('with reduced motion nothing is animated', { reducedMotion: 'reduce' }, async (t, page) => {
  t.strictSame(await page.evaluate("[...document.querySelectorAll('*')].filter(element => getComputedStyle(element).transitionDuration !== '0s').length"), 0)
})
