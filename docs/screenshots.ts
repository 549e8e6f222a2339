// Takes the pictures of the admin server's page, into docs/screenshots/: npm run screenshots.
import { mkdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { launch, openPage } from '../test/admin/browser.js'
import type { Sample } from '../types/index.js'
import { createSample, createWorker, FakeAdmin } from '../test/admin/fake-admin.js'

/** Bytes that a picture may have: everybody who clones the repository gets them. */
const LARGEST = 200_000

const pictures: Record<string, BrowserContextOptions> = {
  dashboard: { viewport: { width: 1440, height: 860 } },
  'dashboard-dark': { viewport: { width: 1440, height: 860 }, colorScheme: 'dark' },
  'dashboard-phone': { viewport: { width: 390, height: 1500 } }
}

const directory = fileURLToPath(new URL('screenshots/', import.meta.url))
mkdirSync(directory, { recursive: true })
const browser = await launch()
try {
  for (const [name, options] of Object.entries(pictures)) await take(browser, `${directory}${name}.png`, options)
} finally {
  await browser.close()
}

async function take (browser: Browser, path: string, options: BrowserContextOptions): Promise<void> {
  const fake = startShop()
  await fake.listen()
  try {
    const { page, problems } = await openPage(browser, fake.url, { reducedMotion: 'reduce', ...options })
    await page.goto(fake.url)
    await page.locator('#link[data-state=live]').waitFor()
    letThingsHappen(fake)
    await page.locator('[data-state=dead]').waitFor()
    await page.screenshot({ path, animations: 'disabled' })
    if (problems.length > 0) throw new Error(problems.join('\n'))
  } finally {
    await fake.close()
  }
  if (statSync(path).size > LARGEST) throw new Error(`${path} is larger than ${LARGEST} bytes`)
}

/** A server as it may be after some days, with the traffic of the last 10 minutes. */
function startShop (): FakeAdmin {
  const fake = new FakeAdmin(8)
  const { status } = fake
  Object.assign(status, { name: 'shop-api', uptime: 274_000_000, generation: 3, requests: 1_093_241_408, handedOff: 31_204_117, restarts: 2, reloads: { completed: 3, aborted: 0 } })
  for (const [index, worker] of status.workers.entries()) {
    Object.assign(worker, {
      generation: 3,
      age: 19_080_000 - index * 4000,
      open: 22 + index * 5 % 17,
      handedOffRate: 12 + index * 7 % 9 / 2,
      requestRate: 430 + index * 37 % 120,
      utilization: [0.42, 0.38, 0.51, 0.74, 0.93, 0.40, 0.33, 0.47][index],
      delay: 3 + index * 11 % 23,
      rss: (78 + index * 3 % 20) * 2 ** 20,
      saturated: index === 4,
      restarts: index === 5 ? 2 : 0
    })
  }
  status.sample = createSample(Date.now(), status)
  fake.history = createTraffic(status.sample)
  return fake
}

/** Up to a sample, as it might have been: a day's slow wave, a drift, and what is by chance; the same each time. */
function createTraffic (last: Sample): Sample[] {
  const random = createRandom(7)
  let drift = 0
  return Array.from({ length: 599 }, (_, index) => {
    drift += (random() - 0.5) * 0.05 - drift * 0.03
    const level = 1 + 0.15 * Math.sin(index / 90) + drift
    const peak = Math.max(0, 1 - Math.abs(index - 410) / 14)
    const utilization = last.utilization * (level + peak * 0.5)
    return {
      time: last.time - (599 - index) * 1000,
      connections: last.connections * (level + peak) * (0.95 + random() * 0.1),
      requests: last.requests * (level + peak * 0.6) * (0.98 + random() * 0.04),
      open: Math.round(last.open * level),
      held: Math.round(peak * 120),
      pending: Math.round(peak * 340) + (random() < 0.02 ? 2 : 0),
      shed: 0,
      utilization: Math.min(1, utilization),
      busiest: Math.min(1, utilization + 0.14 + random() ** 2 * 0.12)
    }
  })
}

/** A reload in the middle, and a worker that is killed. */
function letThingsHappen (fake: FakeAdmin): void {
  const { status } = fake
  const replace = (index: number): void => {
    const { slot, id } = status.workers[index]!
    fake.happened('worker-start', { id: 11 + index, slot, pid: 5211 + index, generation: 4 })
    fake.happened('worker-ready', { id: 11 + index, slot, pid: 5211 + index, generation: 4 })
    fake.happened('worker-exit', { id, slot, pid: 4100 + id, generation: 3, code: 0, signal: null, asked: true })
    Object.assign(status.workers[index]!, { id: 11 + index, pid: 5211 + index, generation: 4, age: 9000 - index * 2000, saturated: false })
  }
  fake.happened('reload-start', { generation: 4 })
  for (const index of [0, 1, 2]) replace(index)
  status.reload = { generation: 4, replaced: 3, workers: 8 }
  status.workers[3]!.state = 'draining'
  status.workers.push(createWorker(14, { slot: 3, pid: 5214, state: 'starting', generation: 4, age: 400, open: 0, handedOffRate: 0, requestRate: 0, utilization: 0, delay: 0, rss: 41 * 2 ** 20 }))
  fake.happened('worker-start', { id: 14, slot: 3, pid: 5214, generation: 4 })
  fake.tick()
  fake.happened('worker-exit', { id: 6, slot: 5, pid: 4106, generation: 3, code: null, signal: 'SIGKILL', asked: false })
  status.workers = status.workers.filter(({ id }) => id !== 6)
  fake.tick()
}

/** Park and Miller's generator: a picture changes only where the page does. */
function createRandom (seed: number): () => number {
  return () => {
    seed = seed * 16_807 % 2_147_483_647
    return seed / 2_147_483_647
  }
}
