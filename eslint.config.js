import neostandard, { resolveIgnoresFromGitignore } from 'neostandard'

/** The folders of lib/primary/, from the lowest layer to the highest. */
const inPrimary = ['workers', 'dealing', 'insight', 'ports', 'process'].map(name => `primary/${name}`)

/**
 * The layers of lib/, from the lowest to the highest: files and folders. A file may import from lower layers
 * only (docs/ARCHITECTURE.md). `not`: lower layers that may not be imported either. `types`: types may be
 * imported from anywhere. `lazy`: import() is allowed, for modules that most processes do not need.
 */
const floors = [
  { rooms: ['platform', 'errors', 'error-notice', 'version', 'histogram', 'queue'] },
  { rooms: ['fastify', 'options', 'protocol', 'failure'] },
  { rooms: ['lane'] },
  ...inPrimary.map(room => ({ rooms: [room], types: true })),
  { rooms: ['control', 'admin'], not: [...inPrimary, 'lane'], types: true, lazy: true },
  { rooms: ['primary', 'primary-process'] },
  { rooms: ['worker'], not: [...inPrimary, 'primary', 'primary-process', 'control', 'admin'] },
  { rooms: ['plugin', 'shared-port', 'index'] },
  { rooms: ['cli'], lazy: true }
]

/** Folders with a wiring file of the same name, which the files in the folder may not import. */
const wired = ['lane', 'worker', 'control', 'admin', 'cli']

const layers = floors.flatMap(({ rooms, not = [], types = false, lazy = false }, floor) => {
  const forbidden = [...floors.slice(floor + 1).flatMap(({ rooms }) => rooms), ...not].flatMap(room => patternsOf(room))
  return rooms.flatMap(room => [
    { files: [`lib/${room}.ts`], forbidden, types, lazy },
    ...(room === 'primary' ? [] : [{ files: [`lib/${room}/**/*.ts`], forbidden: [...forbidden, ...(wired.includes(room) ? [`**/${room}.js`] : [])], types, lazy }])
  ])
})

function patternsOf (room) {
  const name = room.split('/').at(-1)
  return room === 'primary' ? ['**/primary.js'] : [`**/${name}.js`, `**/${name}/**`]
}

/** The browser's globals that the admin page uses. */
const browserGlobals = Object.fromEntries(['EventSource', 'ResizeObserver', 'document', 'getComputedStyle', 'matchMedia', 'sessionStorage'].map(name => [name, 'readonly']))

export default [
  ...neostandard({
    ts: true,
    filesTs: ['**/*.ts'],
    ignores: [...resolveIgnoresFromGitignore(), 'test/fixtures/apps/broken/']
  }),
  ...layers.map(({ files, forbidden, types, lazy }) => ({
    files,
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', {
        patterns: [{ group: [...forbidden, '!**/types/*.js'], allowTypeImports: types, message: 'Imports run down only: see docs/ARCHITECTURE.md.' }]
      }],
      'no-restricted-syntax': lazy ? 'off' : ['error', { selector: 'ImportExpression', message: 'Imports are static here: the layers are checked by them.' }]
    }
  })),
  { files: ['lib/**/*.ts'], rules: { 'no-console': 'error' } },
  { files: ['lib/admin/page/*.js'], languageOptions: { globals: browserGlobals } }
]
