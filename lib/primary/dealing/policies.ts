import type { Options } from '../../options/options.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import type { Clock } from '../../platform/clock.js'
import { Custom } from './policies/custom.js'
import { leastConnections, ByLoad, roundRobin } from './policies/by-load.js'
import { Sticky } from './policies/sticky.js'
import type { Policy } from './policy.js'

/** Creates the policy of a listener. */
export function createPolicy ({ policy, stickyWait, stickyIpv6Prefix }: Pick<Options, 'policy' | 'stickyWait' | 'stickyIpv6Prefix'>, clock: Clock, log: SafeLog): Policy {
  if (typeof policy === 'function') return new Custom(policy, log)
  switch (policy) {
    case 'round-robin': return new ByLoad(roundRobin)
    case 'least-connections': return new ByLoad(leastConnections)
    case 'sticky': return new Sticky({ wait: stickyWait, ipv6Prefix: stickyIpv6Prefix, clock })
  }
}
