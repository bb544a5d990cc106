import { sample } from '@portcullis/kernel/metric'
import { collectingLog } from '@portcullis/ports/log/memory'
import { afterEach, describe, expect, test } from 'vitest'
import { serveOperations } from './serve-operations.ts'

describe('operations', () => {
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })

  async function open(
    changes: Partial<Parameters<typeof serveOperations>[0]> = {},
  ): Promise<(path: string, options?: RequestInit) => Promise<globalThis.Response>> {
    const parts = {
      host: '127.0.0.1',
      port: 0,
      measure: async () => [sample('portcullis_threads', 'gauge', [], 2)],
      lacking: () => [],
      log: collectingLog(),
      ...changes,
    }
    const server = await serveOperations(parts)
    closing.push(() => server.close(0))
    return (path, options) => fetch(`http://127.0.0.1:${server.port}${path}`, options)
  }

  test('shows what is measured in the format that is asked for', async () => {
    const ask = await open()
    const older = await ask('/metrics')
    expect(older.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await older.text()).toContain('\nportcullis_threads 2\n')
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5'
    const newer = await ask('/metrics', { headers: { accept } })
    expect(newer.headers.get('content-type')).toContain('openmetrics-text; version=1.0.0')
    expect(await newer.text()).toMatch(/\n# EOF\n$/)
  })

  test('is alive, and ready only when nothing is lacking', async () => {
    let missing = ['no revision is in force']
    const ask = await open({ lacking: () => missing })
    expect((await ask('/health/live')).status).toBe(200)
    const early = await ask('/health/ready')
    expect([early.status, await early.text()]).toEqual([503, 'no revision is in force\n'])
    missing = []
    expect((await ask('/health/ready')).status).toBe(200)
  })

  test('answers nothing else, and tells nobody why it failed', async () => {
    const ask = await open({ measure: () => Promise.reject(new Error('the secret reason')) })
    expect((await ask('/')).status).toBe(404)
    expect((await ask('/metrics', { method: 'POST' })).status).toBe(405)
    const failed = await ask('/metrics')
    expect([failed.status, await failed.text()]).toEqual([500, 'the log says why\n'])
  })
})
