import { once } from 'node:events'
import { chmodSync, renameSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { makeAuthority, type TestCertificate } from '@portcullis/http1/fixture/make-certificate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stockViewerToken } from '../src/caller.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const authority = makeAuthority()

describe('a gateway that speaks TLS', () => {
  const folder = temporaryFolder()
  let system: System
  let token: string
  beforeAll(async () => {
    put('local', authority.issue(['localhost']))
    put('api', authority.issue(['api.example']))
    system = await startSystem({ PORTCULLIS_GATEWAY_CERTIFICATES: folder.path })
    token = await stockViewerToken(system)
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** As tools that renew do it: each file is there whole or not at all. */
  function put(name: string, { certificate, key }: TestCertificate): void {
    for (const [file, text] of [
      [`${name}.crt`, certificate],
      [`${name}.key`, key],
    ] as const) {
      const next = join(folder.path, `.${file}`)
      writeFileSync(next, text)
      chmodSync(next, 0o600)
      renameSync(next, join(folder.path, file))
    }
  }

  const port = (): number => Number(new URL(system.running.addresses.gateway).port)

  /** The names and the number of the certificate that is shown to who asks for a name. */
  async function shown(servername: string): Promise<{ names: string | undefined; serial: string }> {
    const socket = connect({ port: port(), host: '127.0.0.1', servername, ca: authority.certificate })
    await once(socket, 'secureConnect')
    const { subjectaltname, serialNumber } = socket.getPeerCertificate()
    socket.destroy()
    return { names: subjectaltname, serial: serialNumber }
  }

  async function items(agent: Agent, headers: Record<string, string>): Promise<number> {
    const url = `${system.running.addresses.gateway}/warehouse/v1/items`
    const sent = request(url, { agent, ca: authority.certificate, headers }).end()
    const [answer] = await once(sent, 'response')
    for await (const _ of answer);
    return answer.statusCode
  }

  async function metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${system.running.operationsPort}/metrics`)).text()
  }

  test('shows each caller the certificate for the name that it asks for', async () => {
    expect(system.running.addresses.gateway).toMatch(/^https:/)
    expect((await shown('localhost')).names).toBe('DNS:localhost')
    expect((await shown('api.example')).names).toBe('DNS:api.example')
  })

  test('takes up a new certificate while callers call, without a call or a connection that is lost', async () => {
    const before = await shown('localhost')
    const agents = Array.from({ length: 4 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
    const statuses: number[] = []
    const ports = new Set<number | undefined>()
    let isOver = false
    const callers = agents.map(async (agent) => {
      agent.on('free', (socket) => ports.add(socket.localPort))
      while (!isOver) {
        statuses.push(await items(agent, { authorization: `Bearer ${token}` }))
        // The plan of the sample has a limit, however long this takes.
        await sleep(statuses.length < 200 ? 100 : 500)
      }
    })
    put('local', authority.issue(['localhost']))
    await expect.poll(async () => (await shown('localhost')).serial).not.toBe(before.serial)
    await expect.poll(() => statuses.length).toBeGreaterThan(20)
    isOver = true
    await Promise.all(callers)
    for (const agent of agents) agent.destroy()
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(ports.size).toBe(agents.length)
  })

  test('tells in its metrics what was allowed, what was refused and why, and when certificates end', async () => {
    const agent = new Agent({ keepAlive: false })
    expect(await items(agent, {})).toBe(401)
    expect(await items(agent, { authorization: 'Bearer made-up' })).toBe(401)
    const text = await metrics()
    const labels = 'organization="hmart",environment="production",api="warehouse",version="v1"'
    expect(text).toContain(`portcullis_calls_total{${labels},outcome="refused",status="4xx"} 2\n`)
    expect(text).toMatch(/^portcullis_calls_total\{.*outcome="allowed",status="2xx"\} \d\d+$/m)
    expect(text).toMatch(/^portcullis_refusals_total\{code="jwt\.malformed"\} 1$/m)
    expect(text).toMatch(/^portcullis_revision\{organization="hmart",environment="production"\} 1$/m)
    expect(text).toMatch(/^portcullis_certificate_expires_seconds\{certificate="api"\} \d+/m)
    expect(text).toMatch(/^portcullis_server_requests_total\{role="authserver",status="2xx"\} \d+$/m)
    const health = await fetch(`http://127.0.0.1:${system.running.operationsPort}/health/ready`)
    expect(health.status).toBe(200)
  })
})
