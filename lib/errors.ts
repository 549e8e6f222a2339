import createError from '@fastify/error'

// All errors that the package itself throws. Errors for which Node has a code (EADDRINUSE, EACCES,
// ERR_SOCKET_BAD_PORT) keep Node's code.

export const OptionsError = createError<[string]>(
  'SHARED_PORT_ERR_OPTIONS', '%s', undefined, TypeError)

export const OptionsDifferError = createError<[string, string, string]>(
  'SHARED_PORT_ERR_OPTIONS_DIFFER',
  'All Fastify instances of a process share its workers: option \'%s\' is %s here, but was %s in the instance before')

export const RegisteredTwiceError = createError(
  'SHARED_PORT_ERR_REGISTERED_TWICE',
  'shared-fastify is registered on this Fastify instance already')

export const AlreadyListeningError = createError(
  'SHARED_PORT_ERR_ALREADY_LISTENING',
  'The server listens already: register shared-fastify before listen()')

export const TooManyKeysError = createError<[number]>(
  'SHARED_PORT_ERR_TOO_MANY_KEYS',
  'Workers wait for %d ports already that the primary does not listen on: every process has to call listen() with the same options')

export const NotListeningFdError = createError<[number, ErrorOptions?]>(
  'SHARED_PORT_ERR_FD', 'File descriptor %d is not a listening socket')

export const FdInUseError = createError<[number, string]>(
  'SHARED_PORT_ERR_FD', 'File descriptor %d is in use already (by %s)')

export const NodeUnsupportedError = createError<[string, string]>(
  'SHARED_PORT_ERR_NODE_UNSUPPORTED',
  'Node %s lacks %s, which shared-fastify needs: please use a version that it is tested with (see its README), and report this one')

export const NoScriptError = createError(
  'SHARED_PORT_ERR_NO_SCRIPT',
  'The workers run the script of this process, and it has none: put it into a file, or serve with workers: 0')

export const LaneUnavailableError = createError<[string, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_LANE', 'The %s lane is not to be had here: %s')

export const WorkerFailedError = createError<[number, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_WORKER_FAILED', 'Worker %d %s before it was ready')

export const BootTimeoutError = createError<[number, number, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_BOOT_TIMEOUT', 'Worker %d was not ready within bootTimeout, %d ms: %s')

export const ReadyCheckError = createError<[string, ErrorOptions?]>(
  'SHARED_PORT_ERR_READY_CHECK', 'The readyCheck failed: %s')

export const UserError = createError<[string, ErrorOptions?]>(
  'SHARED_PORT_ERR_USER', 'Workers cannot run as another user or group: %s')

export const ClosedError = createError(
  'SHARED_PORT_ERR_CLOSED', 'Closed before the workers were ready')

export const NotRunningError = createError<[string]>(
  'SHARED_PORT_ERR_NOT_RUNNING', '%s needs workers that run: between listen() and close(), in the primary')

export const ScaleError = createError<[number, string]>(
  'SHARED_PORT_ERR_SCALE', 'scale() takes an integer from 1 to %d, got %s; all workers end at a stop', undefined, TypeError)

export const LogLevelError = createError<[string, string]>(
  'SHARED_PORT_ERR_LOG_LEVEL', 'The log level is one of %s, got %s', undefined, TypeError)

export const PrimaryGoneError = createError(
  'SHARED_PORT_ERR_PRIMARY_GONE', 'The primary does not answer: it is gone')

export const ConfigFailedError = createError<[string, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_CONFIG_FAILED', 'The config file %s failed to load: %s')

export const InspectorError = createError<[string, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_INSPECTOR', 'The inspector cannot be opened at %s: %s')

export const PidfileError = createError<[string, string, ErrorOptions?]>(
  'SHARED_PORT_ERR_PIDFILE', 'The pidfile %s %s')

export const AppNotFoundError = createError<[string, string]>(
  'SHARED_PORT_ERR_APP_NOT_FOUND', 'There is no app at %s%s')

export const AppTypeError = createError<[string]>(
  'SHARED_PORT_ERR_APP_TYPE', 'An app is a .ts, .mts, .cts, .js, .mjs or .cjs file, got %s')

export const AppExportsError = createError<[string, string]>(
  'SHARED_PORT_ERR_APP_EXPORTS',
  'The app %s must export a plugin, async function (fastify, opts), or a Fastify instance that does not listen; it exports %s')

export const AppListensError = createError<[string]>(
  'SHARED_PORT_ERR_APP_LISTENS',
  'The app %s calls listen() itself: export the instance instead, or run it with node and register shared-fastify in it')

export const AppFailedError = createError<[string, ErrorOptions?]>(
  'SHARED_PORT_ERR_APP_FAILED', 'The app %s failed to load')

export const AppNeverLoadsError = createError<[string]>(
  'SHARED_PORT_ERR_APP_NEVER_LOADS',
  'The app %s waits, while it loads, for something that never comes: look at its top-level await')

export const AppIsInstanceError = createError<[string, string]>(
  'SHARED_PORT_ERR_APP_IS_INSTANCE',
  'The app %s exports a Fastify instance, which is made already: %s is for apps that export a plugin')

export const AppIsReadyError = createError<[string]>(
  'SHARED_PORT_ERR_APP_IS_READY',
  'The app %s exports a Fastify instance that is ready() already: the command does that, when its own plugin is in')

export const AppRegistersError = createError<[string, ErrorOptions?]>(
  'SHARED_PORT_ERR_APP_REGISTERS',
  'The app %s registers shared-fastify itself, which the command does too: leave it out of the app, or run the app with node')

export const AppReturnsInstanceError = createError<[string]>(
  'SHARED_PORT_ERR_APP_RETURNS_INSTANCE',
  'The app %s exports a function that returns a Fastify instance: export the instance, or a plugin that adds to the instance it is given')

export const StdoutError = createError<[string, ErrorOptions?]>(
  'SHARED_PORT_ERR_STDOUT', 'Nothing can be written to stdout: %s')

export const ControlFolderError = createError<[string]>(
  'SHARED_PORT_ERR_CONTROL_FOLDER', 'The folder of control sockets, %s, must be a directory of this user that is open to nobody else')

export const ControlInUseError = createError<[string]>(
  'SHARED_PORT_ERR_CONTROL_IN_USE', 'The control socket cannot be opened: another primary has its own at %s')
