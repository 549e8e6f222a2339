import createError from '@fastify/error'

// All errors that the package itself throws. Errors for which Node has a code (EADDRINUSE, EACCES,
// ERR_SOCKET_BAD_PORT) keep Node's code.

export const OptionsError = createError<[string]>(
  'SHARED_PORT_ERR_OPTIONS', '%s', undefined, TypeError)

export const OptionsDifferError = createError<[string, string, string]>(
  'SHARED_PORT_ERR_OPTIONS_DIFFER',
  'Option \'%s\' is %s on this Fastify instance, but %s on an earlier one: all instances of a process share its workers, so they need the same options')

export const RegisteredTwiceError = createError(
  'SHARED_PORT_ERR_REGISTERED_TWICE',
  'shared-fastify is already registered on this Fastify instance')

export const AlreadyListeningError = createError(
  'SHARED_PORT_ERR_ALREADY_LISTENING',
  'The server is already listening: register shared-fastify before calling listen()')

export const TooManyKeysError = createError<[number]>(
  'SHARED_PORT_ERR_TOO_MANY_KEYS',
  'Workers are already waiting for %d ports that the primary does not listen on: every process must call listen() with the same options')

export const NotListeningFdError = createError<[number, ErrorOptions?]>(
  'SHARED_PORT_ERR_FD', 'File descriptor %d is not a listening socket')

export const FdInUseError = createError<[number, string]>(
  'SHARED_PORT_ERR_FD', 'File descriptor %d is already in use (by %s)')

export const NodeUnsupportedError = createError<[string, string]>(
  'SHARED_PORT_ERR_NODE_UNSUPPORTED',
  'Node %s lacks %s, which shared-fastify needs: use a version that it is tested with (see its README), and please report this one')

export const NoScriptError = createError(
  'SHARED_PORT_ERR_NO_SCRIPT',
  'The workers run the same script as this process, but this process was not started from a script: put the code into a file, or set workers: 0')

export const LaneUnavailableError = createError<[string, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_LANE', 'The %s lane is not available: %s')

export const WorkerFailedError = createError<[number, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_WORKER_FAILED', 'Worker %d %s before it was ready')

export const BootTimeoutError = createError<[number, number, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_BOOT_TIMEOUT', 'Worker %d was not ready within %d ms (bootTimeout): %s')

export const ReadyCheckError = createError<[string, ErrorOptions?]>(
  'SHARED_PORT_ERR_READY_CHECK', 'The readyCheck failed: %s')

export const UserError = createError<[string, ErrorOptions?]>(
  'SHARED_PORT_ERR_USER', 'Workers cannot run as another user or group: %s')

export const ClosedError = createError(
  'SHARED_PORT_ERR_CLOSED', 'The server is closing, or was closed')

export const NotRunningError = createError<[string]>(
  'SHARED_PORT_ERR_NOT_RUNNING', '%s works only in the primary, once its workers are ready and until it stops')

export const UpgradeRefusedError = createError<[string]>(
  'SHARED_PORT_ERR_UPGRADE_REFUSED', 'Cannot upgrade: %s')

export const UpgradeFailedError = createError<[string]>(
  'SHARED_PORT_ERR_UPGRADE_FAILED', 'The upgrade failed: %s')

export const ScaleError = createError<[number, string]>(
  'SHARED_PORT_ERR_SCALE', 'scale() takes an integer from 1 to %d, got %s; to end all workers, stop the server', undefined, TypeError)

export const SlotError = createError<[string, string]>(
  'SHARED_PORT_ERR_SLOT', 'There is no slot %s: the slots are %s', undefined, RangeError)

export const SlotBusyError = createError<[number, string]>(
  'SHARED_PORT_ERR_SLOT_BUSY', 'Slot %d cannot be restarted: %s')

export const LogLevelError = createError<[string, string]>(
  'SHARED_PORT_ERR_LOG_LEVEL', 'The log level must be one of %s; got %s', undefined, TypeError)

export const PrimaryGoneError = createError(
  'SHARED_PORT_ERR_PRIMARY_GONE', 'The primary cannot be asked: it has exited or closed its connection to this worker')

export const ConfigFailedError = createError<[string, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_CONFIG_FAILED', 'The config file %s failed to load: %s')

export const InspectorError = createError<[string, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_INSPECTOR', 'Cannot open the inspector at %s: %s')

export const PidfileError = createError<[string, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_PIDFILE', 'The pidfile %s %s')

export const AppNotFoundError = createError<[string, string]>(
  'SHARED_PORT_ERR_APP_NOT_FOUND', 'There is no app at %s%s')

export const AppTypeError = createError<[string]>(
  'SHARED_PORT_ERR_APP_TYPE', 'The app must be a .ts, .mts, .cts, .js, .mjs or .cjs file, got %s')

export const AppExportsError = createError<[string, string]>(
  'SHARED_PORT_ERR_APP_EXPORTS',
  'The app %s must export a plugin, async function (fastify, opts), or a Fastify instance that does not listen; it exports %s')

export const AppListensError = createError<[string]>(
  'SHARED_PORT_ERR_APP_LISTENS',
  'The app %s calls listen() itself: export the instance without calling listen(), or register shared-fastify in the app and run it with node')

export const AppFailedError = createError<[string, ErrorOptions?]>(
  'SHARED_PORT_ERR_APP_FAILED', 'The app %s failed to load')

export const AppNeverLoadsError = createError<[string]>(
  'SHARED_PORT_ERR_APP_NEVER_LOADS',
  'The app %s never finishes loading: nothing is left to run, but a promise is still pending (check its top-level await)')

export const AppIsInstanceError = createError<[string, string]>(
  'SHARED_PORT_ERR_APP_IS_INSTANCE',
  'The app %s exports a Fastify instance that already exists, so %s cannot be applied: this works only for an app that exports a plugin')

export const AppIsReadyError = createError<[string]>(
  'SHARED_PORT_ERR_APP_IS_READY',
  'The app %s exports a Fastify instance that is already ready: do not call ready(), the command does it after registering its own plugin')

export const AppRegistersError = createError<[string, ErrorOptions?]>(
  'SHARED_PORT_ERR_APP_REGISTERS',
  'The app %s registers shared-fastify itself, but the command already does that: remove it from the app, or run the app with node')

export const AppReturnsInstanceError = createError<[string]>(
  'SHARED_PORT_ERR_APP_RETURNS_INSTANCE',
  'The app %s exports a function that returns a Fastify instance: export the instance itself, or a plugin that uses the instance it is given')

export const StdoutError = createError<[string, ErrorOptions?]>(
  'SHARED_PORT_ERR_STDOUT', 'Cannot write to stdout: %s')

export const ControlFolderError = createError<[string]>(
  'SHARED_PORT_ERR_CONTROL_FOLDER', 'The directory for control sockets, %s, must be owned by this user and accessible to nobody else')

export const ControlInUseError = createError<[string]>(
  'SHARED_PORT_ERR_CONTROL_IN_USE', 'Cannot open the control socket: %s is already used by another process')
