import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { approvalNotices } from '@portcullis/model/collection'
import { openApprovals } from '@portcullis/oauth/approval/approvals'
import { findDue } from '@portcullis/oauth/due/due'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { openWorld, type World } from '../test-kit.ts'

let world: World

beforeEach(async () => {
  world = await openWorld({ reachPrivate: true })
  for (const [name, roles] of Object.entries({ ada: ['owner'], grace: ['owner'], kurt: ['staff'] })) {
    const spec = { title: name, disabled: false, email: `${name}@shop.example`, roles }
    await world.apply({ kind: 'User', organization: 'hmart', name, spec })
  }
})
afterEach(() => world.close())

const ask = () =>
  openApprovals(world).ask('hmart', {
    kind: 'token',
    title: 'The shop wants to order for ada',
    details: {},
    asker: { app: 'shop', user: 'ada' },
    approvers: { roles: ['owner'], count: 1 },
    withinMillis: 3_600_000,
  })
const decide = (id: string, verdict: 'approve' | 'refuse') =>
  openApprovals(world).decide('hmart', id, 'grace', { verdict, reason: 'for the fair' })
const mails = () => world.mail.sent.map(({ to, subject }) => [to, subject])
/** What the server itself does every second. */
const toldAfter = (count: number) => expect.poll(mails).toHaveLength(count)

/** An app that is told; it answers with these statuses, then with 204. */
async function openApp(...statuses: number[]) {
  const told: unknown[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    told.push(JSON.parse(text))
    response.writeHead(statuses.shift() ?? 204).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const approvalUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/told`
  await world.app('shop', { approvalUri })
  return told
}

describe('approvals are told', () => {
  it('to those who may decide, and then to whoever asked, with the reason', async () => {
    const { id } = await ask()
    await toldAfter(1)
    expect(mails()).toEqual([['grace@shop.example', 'hmart & Sons: something waits for your approval']])
    expect(world.mail.sent[0]?.text).toContain(`${world.issuer()}/account/approvals`)
    await decide(id, 'approve')
    await toldAfter(2)
    expect(mails()[1]).toEqual(['ada@shop.example', 'hmart & Sons: what you asked for was allowed'])
    expect(world.mail.sent[1]?.text).toContain('approve: for the fair')
  })

  it('when nobody decided in time, and once only', async () => {
    await ask()
    await toldAfter(1)
    world.clock.advance(3_600_000)
    await toldAfter(2)
    expect(mails()[1]?.[1]).toContain('was not decided in time')
    await expect.poll(() => findDue(world.store, approvalNotices, Number.MAX_SAFE_INTEGER)).toEqual([])
  })

  it('to the app at its address, which is tried again, and learns of no token', async () => {
    const told = await openApp(500)
    const { id } = await ask()
    await decide(id, 'refuse')
    await expect.poll(() => told).toHaveLength(1)
    // The next attempt is planned by the clock that is moved then.
    await expect.poll(() => findDue(world.store, approvalNotices, world.clock.now())).toEqual([])
    world.clock.advance(60_000)
    await expect.poll(() => told).toHaveLength(2)
    expect(told[1]).toEqual({ approval: id, kind: 'token', state: 'refused' })
  })
})
