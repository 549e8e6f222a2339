import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import ts from 'typescript'

// The names of log events are part of the contract, and docs/MONITORING.md lists them.

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

const sources = readdirSync('lib', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => ts.createSourceFile(`lib/${name}`, readFileSync(`lib/${name}`, 'utf8'), ts.ScriptTarget.ESNext, true))

function * nodes (node: ts.Node): Iterable<ts.Node> {
  yield node
  for (const child of node.getChildren()) yield * nodes(child)
}

/** The strings that an expression may be: 'a', or b ? 'a' : 'c'. */
function texts (expression: ts.Node): string[] {
  return [...nodes(expression)].filter(ts.isStringLiteral).map(({ text }) => text)
}

/** The arguments of functions of this file that have a parameter `event`. */
function handedOn (source: ts.SourceFile): string[] {
  const all = [...nodes(source)]
  return all.filter(node => ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node)).flatMap(({ name, parameters }) => {
    const place = parameters.findIndex(({ name, type }) => name.getText() === 'event' && type?.getText() === 'string')
    if (place === -1) return []
    return all.filter(ts.isCallExpression)
      .filter(({ expression }) => expression.getText().replace(/^this\./, '') === name?.getText())
      .flatMap(call => texts(call.arguments[place] as ts.Node))
  })
}

/** The logging calls in a file. */
function logCalls (source: ts.SourceFile): ts.CallExpression[] {
  return [...nodes(source)].filter(ts.isCallExpression).filter(({ expression }) => {
    if (ts.isPropertyAccessExpression(expression)) return LEVELS.includes(expression.name.text) && isLog(expression.expression)
    return ts.isElementAccessExpression(expression) && isLog(expression.expression)
  })
}

function isLog (expression: ts.Node): boolean {
  return /\blog$/.test(expression.getText())
}

/** The fields of a line, at the call or just before it. */
function fields (source: ts.SourceFile): ts.ObjectLiteralExpression[] {
  return [
    ...logCalls(source).map(call => call.arguments[0]),
    ...[...nodes(source)].filter(ts.isVariableDeclaration).filter(({ name }) => name.getText() === 'fields').map(({ initializer }) => initializer)
  ].filter(node => node !== undefined && ts.isObjectLiteralExpression(node)) as ts.ObjectLiteralExpression[]
}

function logged (): Set<string> {
  return new Set(sources.flatMap(source => [
    ...fields(source).flatMap(({ properties }) => properties.filter(ts.isPropertyAssignment)).filter(({ name }) => name.getText() === 'event').flatMap(({ initializer }) => texts(initializer)),
    ...(logCalls(source).length > 0 ? handedOn(source) : [])
  ]))
}

function documented (): string[] {
  const [, table] = readFileSync('docs/MONITORING.md', 'utf8').split('\n## Log events\n') as [string, string]
  return table.split('\n').filter(line => line.startsWith('| `')).flatMap(line => [...(line.split(' | ')[0] as string).matchAll(/`([a-z-]+)`/g)].map(([, name]) => name as string))
}

t.test('every log event is in the list, and every event in the list is logged', async t => {
  const names = documented()
  t.same(names, [...new Set(names)])
  t.same([...names].sort(), [...logged()].sort())
})

t.test('every log line has an event', async t => {
  const calls = sources.flatMap(logCalls)
  t.ok(calls.length > 40)
  for (const call of calls) {
    const [first] = call.arguments as unknown as [ts.Node]
    t.ok(ts.isIdentifier(first) ? first.text === 'fields' : /^\{ event\b/.test(first.getText()), `${call.getSourceFile().fileName}: ${call.getText().slice(0, 80)}`)
  }
})
