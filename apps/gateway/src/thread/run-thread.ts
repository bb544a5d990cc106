import { flushCompileCache } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import type { VerificationKey } from '@portcullis/ports/keys/port'
import { openFront } from '../open-front.ts'
import { openAskedKeys } from './asked-keys.ts'
import { openAskedTokens } from './asked-tokens.ts'
import { giveBackMemory } from './give-back-memory.ts'
import { beat } from './heartbeat.ts'
import type { FromThread, Order, ThreadSetup, ToThread } from './message.ts'
import { openOutbox } from './outbox.ts'
import type { ThreadModule } from './thread-parts.ts'
import { tell, thrownBy } from './told-fault.ts'

/** The program of a thread that takes calls. */

if (parentPort === null) throw new Error('this program is for a thread of the gateway')
const main = parentPort
const setup = workerData as ThreadSetup
const say = (message: FromThread): void => main.postMessage(message)

const questions = new Map<number, PromiseWithResolvers<VerificationKey | undefined>>()
let keysAsked = 0
const keys = openAskedKeys({
  clock: { now: () => performance.now() },
  ask(jwksUri, kid) {
    const question = Promise.withResolvers<VerificationKey | undefined>()
    questions.set(++keysAsked, question)
    say({ kind: 'find-key', id: keysAsked, jwksUri, kid })
    return question.promise
  },
})

const asked = openAskedTokens(say, { now: () => ports.clock.now() })

const { openThread } = (await import(setup.module)) as ThreadModule
const { ports, catalog, plain, measure } = await openThread(setup.data, { keys, tokens: asked.tokens })
// Its records are given away and not copied.
const outbox = openOutbox((report) => {
  const message: FromThread = { kind: 'report', ...report }
  main.postMessage(message, report.decisions === undefined ? [] : [report.decisions.json.buffer])
}, plain)
const { limits, strictTransportSecurity } = setup
const front = openFront({
  catalog,
  ports,
  measure,
  record: outbox.record,
  log: outbox.log,
  limits,
  strictTransportSecurity,
})
async function carryOut(order: Order): Promise<unknown> {
  switch (order.order) {
    case 'load':
      return front.load(order.revision)
    case 'swap':
      return front.swap(order.names)
    case 'learn':
      return front.learn(order.news)
    case 'listen':
      giveBackMemory()
      return front.listen(order.address)
    case 'replace-certificates':
      return front.replaceCertificates(order.tls)
    case 'count':
      return front.threads()
    case 'measure':
      return front.measure(order.thread)
    case 'drain':
      return front.drain(order.millis)
    case 'close':
      await front.close()
      return outbox.empty()
  }
}

let turn = Promise.resolve()
main.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'order':
      turn = turn.then(async () => {
        try {
          say({ kind: 'done', id: message.id, value: await carryOut(message) })
        } catch (thrown) {
          say({ kind: 'failed', id: message.id, failed: tell(thrown) })
        }
      })
      return
    case 'taken':
      outbox.taken()
      return
    case 'token':
    case 'fetch-token':
      asked.hear(message)
      return
    case 'key': {
      const question = questions.get(message.id)
      questions.delete(message.id)
      if (message.failed === undefined) question?.resolve(message.found)
      else question?.reject(thrownBy(message.failed))
    }
  }
})
flushCompileCache()
beat(setup.pulse)
say({ kind: 'begun' })
