import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSettings } from '../setting/read-settings.ts'
import { startFaultOf, startFaults } from './start-fault.ts'

const listen = (host: string, port: number): Promise<unknown> =>
  new Promise((resolve) => {
    const server = createServer()
    server
      .once('error', resolve)
      .listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })

describe('a start that the system refuses', () => {
  let taken: Server
  let port = 0
  beforeAll(async () => {
    taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    port = (taken.address() as { port: number }).port
  })
  afterAll(() => new Promise((resolve) => taken.close(resolve)))

  it('names the setting of a port that is taken, and how to choose another', async () => {
    const settings = readSettings({ PORTCULLIS_OPERATIONS_PORT: String(port) })
    expect(startFaultOf(await listen('127.0.0.1', port), settings)).toMatchObject({
      code: startFaults['port-taken'].code,
      detail: `127.0.0.1:${port} (operationsPort) is taken.`,
      remedy: expect.stringContaining('PORTCULLIS_OPERATIONS_PORT=…'),
    })
  })

  it('says which two settings want the same port', async () => {
    const both = { PORTCULLIS_GATEWAY_PORT: String(port), PORTCULLIS_CONTROL_PLANE_PORT: String(port) }
    expect(startFaultOf(await listen('127.0.0.1', port), readSettings(both))?.detail).toBe(
      `127.0.0.1:${port} (gatewayPort and controlPlanePort): both want the same port.`,
    )
  })

  it.each(['192.0.2.1', 'nowhere.invalid'])('says that %s is no address to listen on', async (host) => {
    expect(startFaultOf(await listen(host, 0), readSettings({}))).toMatchObject({
      code: startFaults['address-unknown'].code,
      remedy: expect.stringContaining('PORTCULLIS_HOST'),
    })
  })

  it.each([
    ['ENOSPC', startFaults['disk-full'].code],
    ['EACCES', startFaults['not-allowed'].code],
  ])('tells %s of a file', (code, told) => {
    const error = Object.assign(new Error('no'), { code, syscall: 'open', path: '/srv/portcullis/a' })
    expect(startFaultOf(error, readSettings({}))).toMatchObject({
      code: told,
      detail: expect.stringContaining('/srv/portcullis/a'),
    })
  })

  it('leaves everything else as it is', () => {
    expect(startFaultOf(new TypeError('a bug'), readSettings({}))).toBeUndefined()
    expect(startFaultOf(Object.assign(new Error('no'), { code: 'EPIPE' }), readSettings({}))).toBeUndefined()
  })
})
