import { attempt, type Outcome } from './client.js'
import type { App } from './helper.js'

/**
 * Blocks this many workers of test/fixtures/app.mjs, with a request each. One after another, because a
 * worker could take two requests before it blocks.
 */
export async function hang (app: App, url: string, count: number): Promise<Array<Promise<Outcome>>> {
  const outcomes: Array<Promise<Outcome>> = []
  while (outcomes.length < count) {
    outcomes.push(attempt(`${url}/hang`))
    await app.events('hangs', outcomes.length)
  }
  return outcomes
}
