import { attempt, type Outcome } from './client.js'
import type { App } from './helper.js'

/** Hangs so many workers of test/fixtures/app.mjs, by a request each. One after another: a worker could take two before it hangs. */
export async function hang (app: App, url: string, count: number): Promise<Array<Promise<Outcome>>> {
  const outcomes: Array<Promise<Outcome>> = []
  while (outcomes.length < count) {
    outcomes.push(attempt(`${url}/hang`))
    await app.events('hangs', outcomes.length)
  }
  return outcomes
}
