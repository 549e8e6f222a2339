import t from 'tap'
import { Accounts, type Attempt, FATES } from './accounts.js'
import { Ledger } from './ledger.js'

const ADDRESS = '127.1.0.1'

/** Accounts with a ledger and a clock that the test controls. */
function open (): { accounts: Accounts, write: (...entry: unknown[]) => void, pass: (ms: number) => void, begin: (more?: Partial<Attempt>) => Attempt } {
  let written = ''
  let now = 0
  const ledger = new Ledger(() => {
    const text = written
    written = ''
    return text
  })
  const accounts = new Accounts(ledger, () => now)
  return {
    accounts,
    write (...entry) { written += `\n${JSON.stringify(entry)}\n` },
    pass (ms) { now += ms },
    begin: more => ({ id: accounts.begin('a kind'), address: ADDRESS, reused: false, begunAt: now, ...more })
  }
}

/** The counts at the end, without the fates that did not occur. */
function ends (accounts: Accounts): object {
  const counts = accounts.close().get('a kind')
  return Object.fromEntries(FATES.filter(fate => counts?.[fate] !== 0).map(fate => [fate, counts?.[fate]]))
}

function findings ({ findings }: Accounts): string[] {
  return findings.map(({ what }) => what)
}

t.test('an answer is correct if its worker, and no other, began the request', async t => {
  const { accounts, write, begin } = open()
  const attempt = begin()
  write(11, 'taken', ADDRESS)
  write(11, 'began', ADDRESS, attempt.id)
  accounts.answered(attempt, 11)
  t.same(ends(accounts), { answered: 1 })
  t.same(accounts.findings, [])
})

t.test('an answer to a request that no worker began is wrong', async t => {
  const { accounts, write, begin } = open()
  const attempt = begin()
  write(12, 'began', ADDRESS, attempt.id)
  accounts.answered(attempt, 11)
  t.same(ends(accounts), { wrong: 1 })
  t.match(accounts.findings, [{ what: 'wrong', text: /answered by 11.*begun by 12/ }])
})

t.test('a wrong answer is reported', async t => {
  const { accounts, begin } = open()
  accounts.wrong(begin(), 'status 503')
  t.same(ends(accounts), { wrong: 1 })
  t.match(accounts.findings, [{ what: 'wrong', text: /status 503/ }])
})

t.test('a request that fails with its worker alive is lost, begun or not', async t => {
  const { accounts, write, begin } = open()
  const [begun, taken, neither] = [begin(), begin({ address: '127.1.0.2' }), begin({ address: '127.1.0.3' })]
  write(11, 'began', ADDRESS, begun.id)
  write(11, 'taken', '127.1.0.2')
  for (const attempt of [begun, taken, neither]) t.equal(accounts.failed(attempt, 'ECONNRESET'), 'ended')
  t.same(ends(accounts), { lost: 3 })
  t.match(accounts.findings, [/begun by 11;/, /taken by 11$/, /taken by nobody/].map(text => ({ what: 'lost', text })))
})

t.test('a request that never ends is lost', async t => {
  const { accounts, begin } = open()
  begin()
  t.same(ends(accounts), { lost: 1 })
  t.match(accounts.findings, [{ what: 'lost', text: /never ended/ }])
})

t.test('a kill cuts the requests that its worker had begun, and those on the connections that it had taken', async t => {
  const { accounts, write, begin } = open()
  const [begun, taken, reused] = [begin(), begin({ address: '127.1.0.2' }), begin({ address: '127.1.0.2', reused: true })]
  write(11, 'began', ADDRESS, begun.id)
  write(11, 'taken', '127.1.0.2')
  accounts.killed(11)
  for (const attempt of [begun, taken, reused]) t.equal(accounts.failed(attempt, 'ECONNRESET'), 'ended')
  t.same(ends(accounts), { cut: 3 })
  t.same(accounts.findings, [])
})

t.test('the kill of one worker is no excuse for another', async t => {
  const { accounts, write, begin } = open()
  const attempt = begin()
  write(11, 'taken', ADDRESS)
  write(12, 'began', ADDRESS, attempt.id)
  accounts.killed(11)
  accounts.failed(attempt, 'ECONNRESET')
  t.same(ends(accounts), { lost: 1 })
})

t.test('for each kill, one request that was begun before it may be missing in the ledger', async t => {
  const { accounts, pass, begin } = open()
  const [first, second] = [begin(), begin()]
  pass(1)
  accounts.killed(11)
  pass(1)
  const late = begin()
  for (const attempt of [late, first, second]) accounts.failed(attempt, 'ECONNRESET')
  t.same(ends(accounts), { 'in hand': 1, lost: 2 })
})

t.test('a kill excuses nothing after a while', async t => {
  const { accounts, pass, begin } = open()
  const attempt = begin()
  accounts.killed(11)
  pass(60_000)
  accounts.failed(attempt, 'ECONNRESET')
  t.same(ends(accounts), { lost: 1 })
})

t.test('a request that no worker began, on a reused connection, is sent again once', async t => {
  const { accounts, write, begin } = open()
  write(11, 'taken', ADDRESS)
  const attempt = begin({ reused: true })
  t.equal(accounts.failed(attempt, 'ECONNRESET'), 'again')
  t.equal(accounts.retried, 1)
  t.equal(accounts.failed(attempt, 'ECONNRESET'), 'ended')
  t.same(ends(accounts), { lost: 1 })
})

t.test('a request that a worker began is not sent again', async t => {
  const { accounts, write, begin } = open()
  const attempt = begin({ reused: true })
  write(11, 'began', ADDRESS, attempt.id)
  t.equal(accounts.failed(attempt, 'ECONNRESET'), 'ended')
  t.same(ends(accounts), { lost: 1 })
})

t.test('a request that two workers began is reported, answered or not', async t => {
  const { accounts, write, begin } = open()
  const attempts = [begin(), begin()] as const
  for (const { id } of attempts) for (const pid of [11, 12]) write(pid, 'began', ADDRESS, id)
  accounts.answered(attempts[0], 12)
  accounts.aborted(attempts[1])
  t.same(ends(accounts), { twice: 2 })
  t.same(findings(accounts), ['twice', 'twice'])
})

t.test('a kept connection may be closed only by the death of a worker that had it', async t => {
  const { accounts, write, pass } = open()
  for (const pid of [11, 12]) write(pid, 'taken', ADDRESS)
  accounts.closed(ADDRESS, 0)
  t.match(accounts.findings, [{ what: 'closed', text: /127\.1\.0\.1.*taken by 11, 12/ }])
  pass(1)
  accounts.killed(12)
  accounts.closed(ADDRESS, 0)
  write(13, 'taken', '127.1.0.2')
  accounts.closed('127.1.0.2', 0) // the killed worker may just have taken it
  accounts.closed('127.1.0.2', 0)
  t.same(findings(accounts), ['closed', 'closed'])
})

t.test('a connection that two workers took is reported, if it cannot move', async t => {
  const { accounts, write, begin } = open()
  const attempt = begin()
  for (const pid of [11, 12]) write(pid, 'taken for good', ADDRESS)
  write(12, 'began', ADDRESS, attempt.id)
  accounts.answered(attempt, 12)
  t.same(ends(accounts), { answered: 1 })
  t.match(accounts.findings, [{ what: 'twice', text: /127\.1\.0\.1: taken by 11 and 12/ }])
})

t.test('no request ends in two ways', async t => {
  const { accounts, begin } = open()
  const attempt = begin()
  accounts.aborted(attempt)
  t.throws(() => { accounts.failed(attempt, 'ECONNRESET') }, /ends as lost, but was aborted before/)
})
