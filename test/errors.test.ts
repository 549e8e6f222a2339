import t from 'tap'
import * as errors from '../lib/errors.js'

// Codes are part of the contract: a change of this list changes what apps can rely on.
const codes = {
  AlreadyListeningError: 'SHARED_PORT_ERR_ALREADY_LISTENING',
  AppExportsError: 'SHARED_PORT_ERR_APP_EXPORTS',
  AppFailedError: 'SHARED_PORT_ERR_APP_FAILED',
  AppIsInstanceError: 'SHARED_PORT_ERR_APP_IS_INSTANCE',
  AppIsReadyError: 'SHARED_PORT_ERR_APP_IS_READY',
  AppListensError: 'SHARED_PORT_ERR_APP_LISTENS',
  AppNeverLoadsError: 'SHARED_PORT_ERR_APP_NEVER_LOADS',
  InspectorError: 'SHARED_PORT_ERR_INSPECTOR',
  PidfileError: 'SHARED_PORT_ERR_PIDFILE',
  ConfigFailedError: 'SHARED_PORT_ERR_CONFIG_FAILED',
  AppNotFoundError: 'SHARED_PORT_ERR_APP_NOT_FOUND',
  AppRegistersError: 'SHARED_PORT_ERR_APP_REGISTERS',
  AppReturnsInstanceError: 'SHARED_PORT_ERR_APP_RETURNS_INSTANCE',
  AppTypeError: 'SHARED_PORT_ERR_APP_TYPE',
  BootTimeoutError: 'SHARED_PORT_ERR_BOOT_TIMEOUT',
  ClosedError: 'SHARED_PORT_ERR_CLOSED',
  StdoutError: 'SHARED_PORT_ERR_STDOUT',
  ControlFolderError: 'SHARED_PORT_ERR_CONTROL_FOLDER',
  ControlInUseError: 'SHARED_PORT_ERR_CONTROL_IN_USE',
  LaneUnavailableError: 'SHARED_PORT_ERR_LANE',
  LogLevelError: 'SHARED_PORT_ERR_LOG_LEVEL',
  NoScriptError: 'SHARED_PORT_ERR_NO_SCRIPT',
  NodeUnsupportedError: 'SHARED_PORT_ERR_NODE_UNSUPPORTED',
  TooManyKeysError: 'SHARED_PORT_ERR_TOO_MANY_KEYS',
  FdInUseError: 'SHARED_PORT_ERR_FD',
  NotListeningFdError: 'SHARED_PORT_ERR_FD',
  NotRunningError: 'SHARED_PORT_ERR_NOT_RUNNING',
  OptionsDifferError: 'SHARED_PORT_ERR_OPTIONS_DIFFER',
  OptionsError: 'SHARED_PORT_ERR_OPTIONS',
  PrimaryGoneError: 'SHARED_PORT_ERR_PRIMARY_GONE',
  ReadyCheckError: 'SHARED_PORT_ERR_READY_CHECK',
  RegisteredTwiceError: 'SHARED_PORT_ERR_REGISTERED_TWICE',
  ScaleError: 'SHARED_PORT_ERR_SCALE',
  UpgradeRefusedError: 'SHARED_PORT_ERR_UPGRADE_REFUSED',
  UpgradeFailedError: 'SHARED_PORT_ERR_UPGRADE_FAILED',
  SlotBusyError: 'SHARED_PORT_ERR_SLOT_BUSY',
  SlotError: 'SHARED_PORT_ERR_SLOT',
  UserError: 'SHARED_PORT_ERR_USER',
  WorkerFailedError: 'SHARED_PORT_ERR_WORKER_FAILED'
}

type Any = new (...args: unknown[]) => NodeJS.ErrnoException & { cause?: unknown }

t.test('these are all errors, with these codes', async t => {
  const found = Object.entries(errors).map(([name, Type]) => [name, new (Type as unknown as Any)('a', 'b', 'c').code])
  t.same(Object.fromEntries(found), codes)
})

/** The arguments of errors whose arguments are not all strings. */
const gaps: Record<string, unknown[]> = {
  BootTimeoutError: [7, 7, 'gap'],
  TooManyKeysError: [1_024],
  FdInUseError: [7, 'gap'],
  NotListeningFdError: [7, 'gap'],
  ScaleError: [7, 'gap'],
  UpgradeRefusedError: ['gap'],
  UpgradeFailedError: ['gap'],
  SlotBusyError: [7, 'gap'],
  WorkerFailedError: [7, 'gap']
}

for (const [name, Type] of Object.entries(errors)) {
  t.test(`${name} has a message with all its placeholders filled`, async t => {
    const err = new (Type as unknown as Any)(...(gaps[name] ?? ['gap', 'gap', 'gap']))
    t.ok(err instanceof Error)
    t.match(err.message, /\w+/)
    t.notMatch(err.message, /%[sdj]|undefined|NaN/)
  })
}

t.test('errors about arguments are TypeErrors, or a RangeError', async t => {
  t.ok(new errors.OptionsError('x') instanceof TypeError)
  t.ok(new errors.SlotError('7', '0 to 3') instanceof RangeError)
})

t.test('the cause is attached, and not part of the message', async t => {
  const cause = new Error('the real reason')
  const all = [
    new errors.WorkerFailedError(3, 'exited with code 1', { cause }),
    new errors.NotListeningFdError(3, { cause }),
    new errors.AppFailedError('app.ts', { cause })
  ]
  for (const err of all) t.equal(err.cause, cause, err.message)
  t.same(all.map(({ message }) => message), [
    'Worker 3 exited with code 1 before it was ready',
    'File descriptor 3 is not a listening socket',
    'The app app.ts failed to load'
  ])
})
