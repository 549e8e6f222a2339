import t from 'tap'
import { Queue } from '../lib/queue.js'
import { createRandom } from './fakes.js'

t.test('items come out in the order in which they were added', async t => {
  const queue = new Queue<number>()
  for (const item of [1, 2, 3]) queue.push(item)
  t.equal(queue.size, 3)
  t.same([queue.shift(), queue.shift(), queue.shift(), queue.shift()], [1, 2, 3, undefined])
  t.equal(queue.size, 0)
})

t.test('items returned to the head come out next, in order', async t => {
  const queue = new Queue<number>()
  for (const item of [1, 2, 3, 4]) queue.push(item)
  queue.shift()
  queue.unshift([10, 11, 12])
  t.equal(queue.size, 6)
  t.same(queue.drain(), [10, 11, 12, 2, 3, 4])
})

t.test('drain returns all items in order and leaves a usable empty queue', async t => {
  const queue = new Queue<number>()
  for (const item of [1, 2, 3]) queue.push(item)
  queue.shift()
  t.same(queue.drain(), [2, 3])
  t.equal(queue.size, 0)
  t.same(queue.drain(), [])
  queue.push(5)
  t.equal(queue.shift(), 5)
})

t.test('it behaves like an array in any sequence of calls', async t => {
  const random = createRandom(1)
  const queue = new Queue<number>()
  let model: number[] = []
  const wrong: string[] = []
  let item = 0
  for (let i = 0; i < 20_000; i++) {
    const dice = random()
    if (dice < 0.45) {
      queue.push(++item)
      model.push(item)
    } else if (dice < 0.9) {
      if (queue.shift() !== model.shift()) wrong.push(`shift, call ${i}`)
    } else if (dice < 0.999) {
      const items = Array.from({ length: Math.floor(random() * 5) }, () => ++item)
      queue.unshift(items)
      model.unshift(...items)
    } else {
      if (queue.drain().join() !== model.join()) wrong.push(`drain, call ${i}`)
      model = []
    }
    if (queue.size !== model.length) wrong.push(`size, call ${i}`)
  }
  t.same(wrong.slice(0, 10), [])
  t.same(queue.drain(), model)
})

t.test('dropped items are returned in order, the others keep theirs, and each is tested once', async t => {
  const queue = new Queue<number>()
  for (const item of [0, 1, 2, 3, 4, 5]) queue.push(item)
  queue.shift()
  let asked = 0
  t.same(queue.drop(item => ++asked > 0 && item % 2 === 0), [2, 4])
  t.equal(asked, 5)
  t.same([queue.first(), queue.last(), queue.size], [1, 5, 3])
  t.same([queue.pop(), queue.shift(), queue.pop(), queue.pop(), queue.last()], [5, 1, 3, undefined, undefined])
})
