import neostandard, { resolveIgnoresFromGitignore } from 'neostandard'

/** Which parts of lib each part may import: the layers of docs/ARCHITECTURE.md, from the bottom up. */
const layers = [
  { files: ['lib/{errors,error-notice,failure,handed-over,role,internals,system-error,socket-path,protocol,listen-target,shared-handle,cpus,options,options-schema,plain-text,suggest,listen,close,queue,app-logger,stream-guard,on-fastify,stdout,process-table,overload-answer,outage-answer,timing,histogram,version,safe-log,emit,pre-close,within,websocket}.ts'], notFrom: ['./primary*', './worker*', './lane*', './admin*', './control*', './plugin*', './cli*', './index*'] },
  { files: ['lib/lane/*.ts'], notFrom: ['../primary*', '../worker*', '../plugin*', '../cli*', '../lane.js'] },
  { files: ['lib/lane.ts'], notFrom: ['./primary*', './worker*', './plugin*', './cli*'] },
  { files: ['lib/primary/*.ts'], notFrom: ['../worker*', '../primary*', '../plugin*', '../cli*'], siblings: true },
  { files: ['lib/primary/*/*.ts'], notFrom: ['../../worker*', '../../primary*', '../../plugin*', '../../cli*', '../{supervisor,handoff,scheduler,policies}.js'], siblings: true },
  { files: ['lib/worker/*.ts'], notFrom: ['../primary*', '../worker*', '../plugin*', '../cli*'], siblings: true },
  { files: ['lib/worker/*/*.ts'], notFrom: ['../../primary*', '../../worker*', '../../plugin*', '../../cli*', '../drain.js'], siblings: true },
  { files: ['lib/admin/*.ts', 'lib/admin/*/*.ts', 'lib/control/*.ts'], notFrom: ['**/primary*', '**/primary/*', '**/worker*', '**/lane*', '**/plugin*', '**/cli*', '../admin.js', '../control.js'], types: true },
  { files: ['lib/admin.ts', 'lib/control.ts'], notFrom: ['./primary*', './worker*', './lane*', './plugin*', './cli*'], lazy: true },
  { files: ['lib/primary.ts', 'lib/primary-port.ts', 'lib/primary-process.ts'], notFrom: ['./worker*', './plugin*', './cli*'] },
  { files: ['lib/worker.ts'], notFrom: ['./primary*', './plugin*', './cli*'] },
  { files: ['lib/plugin.ts'], notFrom: ['./cli*'] }
]

/** What the admin server's page uses of the browser. */
const browserGlobals = Object.fromEntries(['EventSource', 'ResizeObserver', 'document', 'getComputedStyle', 'matchMedia', 'sessionStorage'].map(name => [name, 'readonly']))

export default [
  ...neostandard({
    ts: true,
    filesTs: ['**/*.ts'],
    ignores: [...resolveIgnoresFromGitignore(), 'test/fixtures/apps/broken/']
  }),
  ...layers.map(({ files, notFrom, siblings = false, types = false, lazy = false }) => ({
    files,
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', {
        patterns: [{ group: notFrom, allowTypeImports: types, message: 'Imports run down only: see docs/ARCHITECTURE.md.' }]
      }],
      'no-restricted-syntax': ['error',
        ...(lazy ? [] : [{ selector: 'ImportExpression', message: 'Imports are static here: the layers are checked by them.' }]),
        ...(siblings
          ? [{ selector: 'ImportDeclaration[source.value=/^\\.\\/[^/]+$/][importKind!="type"]', message: 'Siblings do not import siblings: the wiring file passes callbacks.' }]
          : [])
      ]
    }
  })),
  { files: ['lib/**/*.ts'], rules: { 'no-console': 'error' } },
  { files: ['lib/admin/page/*.js'], languageOptions: { globals: browserGlobals } }
]
