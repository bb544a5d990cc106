import { Fault } from '@portcullis/kernel/fault'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openServedSite, type ServedSite } from '../served-test-kit.ts'
import { WAREHOUSE } from '../test-kit.ts'

let site: ServedSite

beforeEach(async () => {
  site = await openServedSite()
  await site.clientWith('resources.write').applyBundle({ body: { files: WAREHOUSE } })
})

afterEach(() => site.close())

const params = { organization: 'hmart' }
const admin = () => site.clientWith('tokens.revoke')
const gateway = () => site.clientWith('gateway.sync')
const revokeToken = (value: string) =>
  admin().revokeTokens({ params, body: { revocations: [{ what: 'token', value }] } })

/** A JWT of which nobody looks at the signature. */
function jwtOf(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'ES256' })}.${part(claims)}.AAAA`
}

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  const thrown = await work.catch((caught: unknown) => caught)
  if (thrown instanceof Fault) return thrown
  throw new Error('there was no fault')
}

describe('revocations', () => {
  it('are listed for gateways in their order, and told of while they listen', async () => {
    const stop = new AbortController()
    const opened = Promise.withResolvers<void>()
    const watching = (async () => {
      for await (const notice of gateway().watchChanges({ signal: stop.signal, onOpen: opened.resolve }))
        if (notice.event === 'revocation') return notice
      return undefined
    })()
    await opened.promise
    expect(await revokeToken('t1')).toEqual({ position: 1 })
    expect(await watching).toEqual({ event: 'revocation', position: 1 })
    stop.abort()
    const body = {
      revocations: [{ what: 'subject', value: 'ada' } as const, { what: 'client', value: 'robot' } as const],
    }
    expect(await admin().revokeTokens({ params, body })).toEqual({ position: 3 })
    const page = await gateway().listRevocations({ query: { after: 1 } })
    expect(page).toMatchObject({ position: 3, complete: true })
    expect(page.revocations.map(({ what, value }) => `${what} ${value}`)).toEqual([
      'subject ada',
      'client robot',
    ])
  })

  it('take a whole token for its id, if the organization issued it', async () => {
    const issuer = 'http://localhost:8082/hmart'
    const { revocations } = await (async () => {
      await revokeToken(jwtOf({ iss: await issuerOfSite(), jti: 'abc' }))
      return gateway().listRevocations({ query: { after: 0 } })
    })()
    expect(revocations.map(({ value }) => value)).toEqual(['abc'])
    const foreign = await faultOf(revokeToken(jwtOf({ iss: `${issuer}-other`, jti: 'abc' })))
    expect(foreign).toMatchObject({ status: 400, code: 'revocation.not-revocable' })
    expect((await faultOf(revokeToken('a.b'))).code).toBe('revocation.not-revocable')
  })

  it('are in force once every gateway that speaks up said so, and it is told after how long', async () => {
    const { position } = await revokeToken('t1')
    const stateOf = () => admin().getRevocation({ params: { position: String(position) } })
    expect(await stateOf()).toMatchObject({ inForce: true, gateways: [] })
    await gateway().acknowledgeRevocations({ body: { gateway: 'gw-1', position: 0 } })
    expect(await stateOf()).toMatchObject({ inForce: false, gateways: [{ gateway: 'gw-1', inForce: false }] })
    await gateway().acknowledgeRevocations({ body: { gateway: 'gw-1', position } })
    const state = await stateOf()
    expect(state.inForce).toBe(true)
    expect(state.gateways[0]?.millis).toBeGreaterThanOrEqual(0)
  })

  it('cannot be acknowledged before they are there', async () => {
    const fault = await faultOf(gateway().acknowledgeRevocations({ body: { gateway: 'gw-1', position: 5 } }))
    expect(fault).toMatchObject({ status: 404, code: 'revocation.unknown' })
  })

  it('are for nobody without that right, and for no unknown organization', async () => {
    const reader = site.clientWith('resources.read resources.write gateway.sync')
    const body = { revocations: [{ what: 'token', value: 't1' } as const] }
    expect((await faultOf(reader.revokeTokens({ params, body }))).status).toBe(403)
    const unknown = admin().revokeTokens({ params: { organization: 'nobody' }, body })
    expect((await faultOf(unknown)).code).toBe('model.unknown-organization')
  })
})

/** As a published revision names it. */
async function issuerOfSite(): Promise<string> {
  const { revision } = await site.controlPlane.revision('hmart', 'production')
  return revision.issuer.url
}
