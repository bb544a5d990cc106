import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GatewayState } from '@portcullis/api-client/route/gateway'
import type { Decision } from '@portcullis/model/decision/decision'
import { lockDataFolder } from '@portcullis/sqlite/data-folder'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSettings } from '../setting/read-settings.ts'
import { revisionOf, shareOf } from './look-at-calls.ts'
import { lookAtCertificates } from './look-at-certificates.ts'
import { lookAtEngines } from './look-at-engines.ts'
import { lookAtHome } from './look-at-home.ts'
import { lookAtServers, skewOf } from './look-at-servers.ts'
import { type Symptom, symptomLines } from './symptom.ts'

let home: string
const servers: Server[] = []
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'portcullis-doctor-'))
})
afterEach(async () => {
  rmSync(home, { recursive: true })
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
})

const read = (environment: Record<string, string> = {}) =>
  readSettings({ PORTCULLIS_HOME: home, ...environment })
const wrongIn = (symptoms: readonly Symptom[]): string[] =>
  symptoms.filter(({ state }) => state === 'wrong').map(({ what }) => what)

describe('the home folder', () => {
  it('is well while a process has it, and the key and the room are there', () => {
    const lock = lockDataFolder(home)
    writeFileSync(join(home, 'store.sqlite'), '')
    writeFileSync(join(home, 'master.key'), '')
    expect(wrongIn(lookAtHome(read()))).toEqual([])
    lock.release()
    expect(wrongIn(lookAtHome(read()))).toEqual([expect.stringContaining('it does not run')])
  })

  it('lacks the key of the secrets in its store', () => {
    writeFileSync(join(home, 'store.sqlite'), '')
    expect(wrongIn(lookAtHome(read()))).toContainEqual(expect.stringContaining('master.key is gone'))
    expect(wrongIn(lookAtHome(read({ PORTCULLIS_MASTER_KEY: 'x' })))).not.toContainEqual(
      expect.stringContaining('master.key'),
    )
    const lock = lockDataFolder(home)
    expect(wrongIn(lookAtHome(read()))).toEqual([])
    lock.release()
  })

  it('that is not there is told, and nothing is made', () => {
    const gone = join(home, 'gone')
    expect(lookAtHome(readSettings({ PORTCULLIS_HOME: gone }))).toEqual([
      expect.objectContaining({ state: 'careful', what: `There is no home folder ${gone}.` }),
    ])
  })
})

/** A server that answers everything alike; its port. */
async function answering(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return String((server.address() as { port: number }).port)
}

describe('the servers', () => {
  it('are well when they answer', async () => {
    const port = await answering(200, 'ready')
    const symptoms = await lookAtServers(
      read({
        PORTCULLIS_GATEWAY_PORT: port,
        PORTCULLIS_CONTROL_PLANE_URL: `http://127.0.0.1:${port}`,
        PORTCULLIS_AUTHSERVER_URL: `http://127.0.0.1:${port}`,
        PORTCULLIS_OPERATIONS_PORT: port,
      }),
    )
    expect(symptoms.map(({ state }) => state)).toEqual(['well', 'well', 'well', 'well'])
  })

  it('are told by the one that fails, with its setting, and by what is missing', async () => {
    const port = await answering(503, 'the gateway has no revision in force\n')
    const symptoms = await lookAtServers(
      read({
        PORTCULLIS_ROLES: 'authserver,control-plane',
        PORTCULLIS_CONTROL_PLANE_URL: `http://127.0.0.1:${port}`,
        PORTCULLIS_AUTHSERVER_URL: 'http://127.0.0.1:1',
        PORTCULLIS_OPERATIONS_PORT: port,
      }),
    )
    expect(symptoms).toEqual([
      expect.objectContaining({
        what: 'The process on this machine is not ready: the gateway has no revision in force.',
        remedy: expect.stringContaining('Apply declarations'),
      }),
      expect.objectContaining({
        what: expect.stringContaining('The authorization server does not answer'),
        remedy: expect.stringContaining('PORTCULLIS_AUTHSERVER_URL'),
      }),
      expect.objectContaining({ what: expect.stringContaining('The control plane answers with 503') }),
    ])
  })

  it('have the clock of this machine, give or take ten seconds', () => {
    const now = Date.parse('2026-11-22T12:00:00Z')
    const at = (seconds: number) => new Date(now + seconds * 1000).toUTCString()
    for (const fine of [null, 'nonsense', at(-10), at(0), at(10)])
      expect(skewOf('A', fine, now, now)).toEqual([])
    expect(skewOf('The gateway', at(90), now, now)[0]?.what).toContain('90 s ahead of')
    expect(skewOf('The gateway', at(-91), now, now)[0]?.what).toContain('90 s behind')
  })
})

describe('the engines', () => {
  it('are told apart by who takes connections, and no secret of their addresses is told', async () => {
    const port = await answering(200, '')
    const symptoms = await lookAtEngines(
      read({
        PORTCULLIS_STORE_URL: `postgres://user:hidden@127.0.0.1:${port}/portcullis`,
        PORTCULLIS_COUNTERS_URL: 'redis://:hidden@127.0.0.1:1',
      }),
    )
    expect(symptoms).toEqual([
      { state: 'well', what: `The database takes connections at 127.0.0.1:${port}.` },
      expect.objectContaining({
        what: 'The engine of the counters takes no connections at 127.0.0.1:1: ECONNREFUSED.',
        remedy: expect.stringContaining('PORTCULLIS_COUNTERS_URL'),
      }),
    ])
    expect(JSON.stringify(symptoms)).not.toContain('hidden')
    expect(await lookAtEngines(read())).toEqual([])
  })
})

describe('certificates', () => {
  it('that can’t be read, and folders without any, are wrong', () => {
    const folder = join(home, 'certificates')
    const settings = read({ PORTCULLIS_GATEWAY_CERTIFICATES: folder })
    expect(wrongIn(lookAtCertificates(settings, 0))).toEqual([`${folder} cannot be listed.`])
    mkdirSync(folder)
    expect(wrongIn(lookAtCertificates(settings, 0))).toEqual([`${folder} holds no certificate.`])
    writeFileSync(join(folder, 'a.crt'), 'x')
    expect(wrongIn(lookAtCertificates(settings, 0))).toEqual([expect.stringContaining('cannot be read')])
  })

  it('are told when they end', () => {
    writeFileSync(join(home, 'a.crt'), CERTIFICATE)
    const settings = read({ PORTCULLIS_GATEWAY_CERTIFICATES: home })
    const state = (day: string) => lookAtCertificates(settings, Date.parse(day))[0]?.state
    expect(state('2019-12-31')).toBe('wrong')
    expect(state('2020-01-02')).toBe('well')
    expect(state('2020-01-20')).toBe('careful')
    expect(state('2020-02-01')).toBe('wrong')
  })
})

describe('revisions and calls', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  const said: GatewayState = {
    gateway: 'one',
    organization: 'hmart',
    environment: 'production',
    number: 4,
    live: 5,
    at: '2026-11-22T11:00:00.000Z',
  }

  it('are wrong where a gateway enforces an old revision, and not where it was taken away', () => {
    expect(wrongIn(revisionOf(said, now))).toEqual([
      expect.stringContaining('enforces hmart/production#4, and #5'),
    ])
    expect(revisionOf({ ...said, live: 4 }, now)[0]?.state).toBe('well')
    expect(revisionOf({ ...said, at: '2026-11-01T11:00:00.000Z' }, now)).toEqual([])
    const { live: _, ...gone } = said
    expect(revisionOf(gone, now)).toEqual([])
  })

  const calls = (count: number, fields: Partial<Decision>): Decision[] =>
    Array.from({ length: count }, (_, i) => ({
      id: `dec_${fields.code ?? 'ok'}_${i}`,
      organization: 'hmart',
      environment: 'production',
      revision: 5,
      at: said.at,
      method: 'GET',
      outcome: 'allowed',
      status: 200,
      steps: [],
      micros: 1,
      ...fields,
    }))

  it('are told where many are refused, by the code of most and one to look at', () => {
    const bad = [
      ...calls(6, { outcome: 'refused', code: 'scope.insufficient' }),
      ...calls(2, { outcome: 'refused', code: 'jwt.expired' }),
    ]
    expect(shareOf('hmart', [...bad, ...calls(20, {})])).toEqual([
      {
        state: 'careful',
        what: 'Of the last 28 calls of hmart 8 were refused, 6 of them with scope.insufficient (at production#5).',
        remedy: expect.stringContaining('explain dec_scope.insufficient_0'),
      },
    ])
    expect(shareOf('hmart', [...bad, ...calls(60, {})])).toEqual([])
    expect(shareOf('hmart', bad)).toEqual([])
  })
})

it('a symptom is a line, and what to do below it', () => {
  expect(symptomLines({ state: 'wrong', what: 'It burns.', remedy: 'Put it out.' })).toEqual([
    'WRONG    It burns.',
    '         Put it out.',
  ])
})

/** Of 2020-01-01 to 2020-02-01; its key is gone. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBDzCBtgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwHhcN
MjAwMTAxMDAwMDAwWhcNMjAwMjAxMDAwMDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARE7bLeEqUuhrcmYh6UOnaMUI6f
/mRY9T79CUXzv9fJdkCrozRltOnrLdHr3C0B6TYWez7OZJz0ie+mv3M+1lbwMAoG
CCqGSM49BAMCA0gAMEUCIQCppHWf+Ey4AUhTu+Lqzlvpo3hvAyQLMno5Ifj9LEUA
7QIgdG0hyAXY+dYVkBbvzCGi46qJ3IXvBX65/Hb47nTtS4U=
-----END CERTIFICATE-----
`
