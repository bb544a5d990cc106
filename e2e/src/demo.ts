import { callWarehouse, stockViewerToken } from './caller.ts'
import { portcullis } from './command.ts'
import { startSystem } from './system.ts'

/**
 * `npm run demo`: the steps that a start prints, done by themselves on ports and a folder of their own. Ends with 0, or
 * names the step that failed and ends with 1.
 */
const say = (text: string): void => void process.stdout.write(`${text}\n`)

let step = 'start everything on an empty folder'
try {
  const began = performance.now()
  await using system = await startSystem()
  const { addresses } = system.running
  say(
    `Started in ${Math.round(performance.now() - began)} ms: gateway ${addresses.gateway}, control plane ${addresses.controlPlane}, authorization server ${addresses.authserver}`,
  )

  begin('fetch a token with the scope list_items')
  const token = await stockViewerToken(system)
  say(`  a token of ${token.length} characters`)

  begin('list what is in stock')
  const listed = await callWarehouse(system, 'GET', '/items', { token })
  expectStatus(listed.status, 200)
  say(
    `  200, ${(listed.body as unknown[]).length} items, first allowed call ${Math.round(performance.now() - began)} ms after the start began`,
  )

  begin('order an item, which this app may not')
  const refused = await callWarehouse(system, 'POST', '/orders', {
    token,
    body: { item: 'rice-10kg', quantity: 1 },
  })
  expectStatus(refused.status, 403)
  say(`  403, decision ${refused.decision}`)

  begin('have the refusal explained')
  const explained = await portcullis(system.environment, 'explain', refused.decision)
  if (explained.code !== 0) throw new Error(explained.err)
  say(explained.out.replaceAll(/^/gm, '  ').trimEnd())

  step = 'stop everything'
} catch (error) {
  process.stderr.write(
    `The demo failed at the step "${step}":\n${error instanceof Error ? error.stack : error}\n`,
  )
  process.exitCode = 1
}
if (process.exitCode === undefined) say('\nThe demo did all of its steps.')

function begin(next: string): void {
  step = next
  say(`\n${next[0]?.toUpperCase()}${next.slice(1)}:`)
}

function expectStatus(actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`expected ${expected}, the gateway answered ${actual}`)
}
