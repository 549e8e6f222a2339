// The types for CommonJS, where require('shared-fastify') is the plugin itself: the same as in index.d.ts.
// test/integration/module-formats.test.ts fails if a type is missing here.
import type * as config from './config.js' with { 'resolution-mode': 'import' }
import type * as events from './events.js' with { 'resolution-mode': 'import' }
import type * as options from './options.js' with { 'resolution-mode': 'import' }
import type * as stats from './stats.js' with { 'resolution-mode': 'import' }
import type { Role as AnyRole, SharedPort as Decorator, sharedPort as plugin } from './index.js' with { 'resolution-mode': 'import' }

declare const sharedPort: typeof plugin

declare namespace sharedPort {
  export type AdminOptions = options.AdminOptions
  export type CommandConfig = config.CommandConfig
  export type ConnectionView = options.ConnectionView
  export type HandshakeStats = stats.HandshakeStats
  export type LaneName = options.LaneName
  export type ListenerStats = stats.ListenerStats
  export type MaxRestarts = options.MaxRestarts
  export type PolicyFunction = options.PolicyFunction
  export type PolicyName = options.PolicyName
  export type RecycleOptions = options.RecycleOptions
  export type ReloadOptions = options.ReloadOptions
  export type ReturnCounts = stats.ReturnCounts
  export type Role = AnyRole
  export type Sample = stats.Sample
  export type SaturationOptions = options.SaturationOptions
  export type SharedPort = Decorator
  export type SharedPortEvents = events.SharedPortEvents
  export type SharedPortOptions = options.SharedPortOptions
  export type Stats = stats.Stats
  export type Status = stats.Status
  export type WorkerEvent = events.WorkerEvent
  export type WorkerExit = events.WorkerExit
  export type WorkerStalled = events.WorkerStalled
  export type WorkerState = stats.WorkerState
  export type WorkerStats = stats.WorkerStats
  export type WorkerView = options.WorkerView
}

export = sharedPort
