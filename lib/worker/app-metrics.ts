import { createRequire } from 'node:module'
import { sep } from 'node:path'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'

/** The part of prom-client that is used: its default registry. */
interface PromClient { register: { getMetricsAsJSON (): Promise<unknown[]> } }

const pack = promisify(gzip)

/** CommonJS packages are in this cache however they were loaded, also by import. */
const { cache } = createRequire(import.meta.url)

const ENTRY = `${sep}prom-client${sep}index.js`

/**
 * The app's metrics, if it has loaded prom-client: the JSON of the default registry, packed, so that the
 * primary can pass it on without parsing it. Undefined if there are none, or if they cannot be read;
 * `onError` gets the reason.
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

/** JSON would replace NaN and Infinity by null. */
function spellOut (_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}
