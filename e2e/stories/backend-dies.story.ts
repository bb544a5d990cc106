import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, contractText, writeFiles } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

/** A backend that says who it is. */
async function openBackend(name: string, port = 0): Promise<Server> {
  const server = createServer((_, response) => response.end(name)).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function stop(server: Server): void {
  server.close()
  server.closeAllConnections()
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

describe('an API with two targets', () => {
  const folder = temporaryFolder()
  let system: System
  let left: Server
  let right: Server
  let leftPort: number
  beforeAll(async () => {
    system = await startSystem()
    left = await openBackend('left')
    right = await openBackend('right')
    leftPort = portOf(left)
  })
  afterAll(async () => {
    stop(left)
    stop(right)
    await system?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  async function things(): Promise<{ status: number; from: string; decision: string }> {
    const response = await fetch(`${system.running.addresses.gateway}/things/v1/things`)
    const decision = response.headers.get('portcullis-decision') ?? ''
    return { status: response.status, from: await response.text(), decision }
  }

  async function many(times: number) {
    const all = []
    for (let i = 0; i < times; i++) all.push(await things())
    return all
  }

  test('is applied, and both answer', async () => {
    const targets = [left, right].map((each) => `{ url: 'http://127.0.0.1:${portOf(each)}' }`).join(', ')
    const upstream = `{ targets: [${targets}], health: { passive: { failures: 2, ejectFor: 1s } } }`
    writeFiles(folder.path, {
      'things.yaml': apiDeclaration('things', 'UPSTREAM').replace("'UPSTREAM'", upstream),
      'things.openapi.yaml': contractText('[]'),
    })
    expect(await portcullis(system.environment, 'apply', '-f', folder.path)).toMatchObject({ code: 0 })
    await expect.poll(async () => (await things()).status).toBe(200)
    expect(new Set((await many(4)).map(({ from }) => from))).toEqual(new Set(['left', 'right']))
  })

  test('comes back from export as it was declared', async () => {
    const exported = join(folder.path, 'exported')
    expect((await portcullis(system.environment, 'export', '-f', exported)).code).toBe(0)
    const difference = await portcullis(system.environment, 'diff', '-f', exported, '--prune')
    expect(difference.out).toContain('No difference')
  })

  test('answers every call when one of them dies, and explains how', async () => {
    stop(left)
    const answers = await many(8)
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(new Set(answers.map(({ from }) => from))).toEqual(new Set(['right']))
    // They take turns, so one of the first two met the dead one.
    const explained = () => Promise.all([explain(answers[0]?.decision), explain(answers[1]?.decision)])
    let told = ''
    const tell = async () => {
      told = (await explained()).join('\n')
      return told
    }
    await expect.poll(tell).toContain('at attempt 2')
    expect(told).toContain(`1. 127.0.0.1:${leftPort} gave no answer, because of gateway.upstream-unreachable`)
  })

  test('uses it again when it is back', async () => {
    left = await openBackend('left', leftPort)
    await expect.poll(async () => (await many(6)).map(({ from }) => from)).toContain('left')
  })

  async function explain(decision = ''): Promise<string> {
    return (await portcullis(system.environment, 'explain', decision)).out
  }
})
