import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ALL, openServedSite, post, problemOf, type ServedSite } from './served-test-kit.ts'
import { faultOf } from './test-kit.ts'

let site: ServedSite

beforeEach(async () => {
  site = await openServedSite()
})

afterEach(() => site.close())

describe('bad input', () => {
  const token = (): string => site.issuer.token(ALL)

  it.each([
    ['JSON that is none', '{"files": ', 'application/json', 400],
    ['another content type', 'files: {}', 'application/yaml', 400],
    ['an unknown key', '{"files": {}, "force": true}', 'application/json', 422],
    ['a value of another type', '{"files": []}', 'application/json', 422],
  ])('%s: is refused in one sentence', async (_, body, type, status) => {
    const response = await site.send('/v1/bundle/validate', token(), post(body, type))
    expect(response.status).toBe(status)
    expect(JSON.stringify(await problemOf(response))).not.toContain('node_modules')
  })

  it('names the parameter that is wrong', async () => {
    const response = await site.send('/v1/organizations/HMart/resources?kind=Pod&force=1', token())
    expect(response.status).toBe(422)
    expect((await problemOf(response)).findings).toContainEqual(expect.objectContaining({ path: '/kind' }))
  })

  it('does not take more than it should, said or unsaid', async () => {
    const body = JSON.stringify({ expiresIn: 'x'.repeat(2 * 1024 * 1024) })
    const said = await site.send('/v1/organizations/hmart/apps/robot/credentials', token(), post(body))
    expect(said.status).toBe(413)
    expect((await problemOf(said)).code).toBe('management.too-large')
    const chunked = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(body))
        controller.close()
      },
    })
    const init = { ...post(''), body: chunked, duplex: 'half' as const }
    const unsaid = await site.send('/v1/organizations/hmart/apps/robot/credentials', token(), init)
    expect(unsaid.status).toBe(413)
  })

  it('takes a large bundle, but not one of too many bytes', async () => {
    const client = site.clientWith(ALL)
    const files = { 'a.yaml': 'a'.repeat(33 * 1024 * 1024) }
    expect(await faultOf(client.validateBundle({ body: { files } }))).toMatchObject({
      status: 413,
      code: 'bundle.too-large',
    })
  })

  it('answers 404 as a problem', async () => {
    for (const path of ['/v1/nothing', '/', '/v1/../health', '/v1/%2e%2e/x']) {
      const response = await site.send(path, token())
      if (response.status !== 200) expect((await problemOf(response)).code).toBe('management.not-found')
    }
  })

  it('keeps what went wrong on our side to itself', async () => {
    site.store.find = () => Promise.reject(new Error('password=hunter2'))
    const response = await site.send('/v1/bundle', token())
    expect(response.status).toBe(500)
    const problem = await problemOf(response)
    expect(problem.code).toBe('management.failed')
    expect(JSON.stringify(problem)).not.toContain('hunter2')
    expect(JSON.stringify(site.log.lines)).toContain('hunter2')
  })

  it('sends what keeps browsers from misreading it', async () => {
    const { headers } = await site.send('/v1/nothing')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('cache-control')).toBe('no-store')
  })
})
