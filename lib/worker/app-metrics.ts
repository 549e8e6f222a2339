import { createRequire } from 'node:module'
import { sep } from 'node:path'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'

/** What prom-client exports, as far as it is asked: the registry that all metrics are in which were given no other. */
interface PromClient { register: { getMetricsAsJSON (): Promise<unknown[]> } }

const pack = promisify(gzip)

/** A package that is CommonJS is in this cache however it was loaded, by import too. */
const { cache } = createRequire(import.meta.url)

const ENTRY = `${sep}prom-client${sep}index.js`

/**
 * What the app measures by prom-client, if it has loaded it: the JSON of its registry, packed, so
 * that the primary can pass it on without reading it. Undefined where there is nothing, or where it
 * cannot be read: why, goes to `onError`.
 */
export async function packAppMetrics (onError: (err: unknown) => void): Promise<string | undefined> {
  const registries = Object.values(cache).flatMap(module => {
    if (module?.filename.endsWith(ENTRY) !== true) return []
    const { register } = module.exports as Partial<PromClient>
    return typeof register?.getMetricsAsJSON === 'function' ? [register] : []
  })
  try {
    const metrics = (await Promise.all(registries.map(async register => await register.getMetricsAsJSON()))).flat()
    if (metrics.length === 0) return undefined
    return (await pack(JSON.stringify(metrics, spellOut), { level: constants.Z_BEST_SPEED })).toString('base64')
  } catch (err) {
    onError(err)
    return undefined
  }
}

/** JSON has no NaN, and makes it null. */
function spellOut (_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}
