import t from 'tap'
import { growth } from './leaks.js'

const before = { descriptors: 30, resources: { PipeWrap: 4, Timeout: 1 } }

t.test('a primary that holds no more than before leaks nothing', async t => {
  t.same(growth(before, before), [])
  t.same(growth(before, { descriptors: 30, resources: { PipeWrap: 1 } }), [])
})

t.test('additional resources are reported', async t => {
  t.same(growth(before, { descriptors: 31, resources: { PipeWrap: 5, TCPSocketWrap: 2, Timeout: 1 } }), [
    'descriptors: 30 before, 31 after',
    'PipeWrap: 4 before, 5 after',
    'TCPSocketWrap: 0 before, 2 after'
  ])
})

t.test('a missing descriptor is reported: it was closed twice', async t => {
  t.same(growth(before, { ...before, descriptors: 29 }), ['descriptors: 30 before, 29 after'])
})
