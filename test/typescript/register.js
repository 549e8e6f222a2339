// Compiles the tests and lib/ when they are imported, in place of tap's own plugin: that loads the TypeScript
// compiler in the process of each test file, which takes longer than most tests. See .taprc.
import { register } from 'node:module'

register('./hooks.js', import.meta.url)
// The plugin has seen it by now. Tap would add options of Node 22 to what the tests start.
process.env.TAP_TYPE_STRIP_ONLY = '0'
