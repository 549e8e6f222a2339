import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import t from 'tap'
import { killAtEnd, killChildAtEnd } from '../reaper.js'
import { descendants, descriptorLimit, isAlive, processState } from '../../lib/platform/process-table.js'

t.test('the children of a process and their children are found with their names', async t => {
  const child = spawn('sh', ['-c', 'sleep 1000 & echo started; wait'], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  killAtEnd(-(child.pid as number))
  t.teardown(() => { process.kill(-(child.pid as number), 'SIGKILL') })
  await once(createInterface({ input: child.stdout }), 'line')
  const { processes } = descendants(process.pid)
  t.match(processes.filter(({ pid }) => pid === child.pid), [{ command: 'sh' }])
  while (descendants(child.pid as number).processes.some(({ command }) => command === 'sh')) await new Promise(setImmediate) // the shell replaces itself by the program
  t.match(descendants(child.pid as number), { processes: [{ command: 'sleep' }], complete: true })
})

for (const [what, script] of [
  ['side by side', 'for i in $(seq 120); do sleep 1000 & done; echo started; wait'],
  // Nested processes, 60 levels deep. Each waits for the next.
  ['one below the other', 'depth() { if [ $1 -eq 0 ]; then echo started; sleep 1000; else (depth $(($1 - 1)); :); fi; }; depth 60']
]) {
  t.test(`of very many processes, 50 are named: ${what}`, async t => {
    const child = spawn('sh', ['-c', script as string], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
    t.teardown(() => { process.kill(-(child.pid as number), 'SIGKILL') })
    await once(createInterface({ input: child.stdout }), 'line')
    const { processes, complete } = descendants(child.pid as number)
    t.equal(processes.length, 50)
    t.equal(new Set(processes.map(({ pid }) => pid)).size, 50)
    t.ok(processes.every(({ pid, command }) => pid > 0 && /^(sh|sleep)$/.test(command)))
    t.equal(complete, false)
  })
}

t.test('of a process with very many threads, only a limited number is searched for children', async t => {
  // libuv starts all threads of its pool at once.
  const child = spawn(process.execPath, ['-e', "fs.stat('.', () => { console.log('started') }); setInterval(() => {}, 2 ** 31 - 1)"], { stdio: ['ignore', 'pipe', 'ignore'], env: { UV_THREADPOOL_SIZE: '600' } })
  t.teardown(() => { child.kill('SIGKILL') })
  await once(createInterface({ input: child.stdout }), 'line')
  t.same(descendants(child.pid as number), { processes: [], complete: false })
})

t.test("a process's state is described in words", async t => {
  t.equal(processState(process.pid), 'running')
  t.equal(isAlive(process.pid), true)
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  t.teardown(() => { child.kill('SIGKILL') })
  killChildAtEnd(child)
  await once(child, 'spawn')
  child.kill('SIGSTOP')
  while (processState(child.pid as number) !== 'stopped by a signal') await new Promise(setImmediate)
  t.pass('it is stopped')
})

t.test('for a process that does not exist, nothing is returned', async t => {
  t.equal(processState(2 ** 30), undefined)
  t.same(descendants(2 ** 30), { processes: [], complete: true })
  t.equal(isAlive(2 ** 30), false)
})

t.test("this process's descriptor limit is known", async t => {
  t.ok(descriptorLimit() > 0)
})
