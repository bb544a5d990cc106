import { defineFaults } from '@portcullis/kernel/fault'
import { describe, expect, test } from 'vitest'
import { refuse } from '../verdict.ts'
import { faultOf, refusalReply } from './problem.ts'

const faults = defineFaults('door', {
  shut: { status: 401, title: 'The door is shut', remedy: 'Knock.' },
})

function bodyOf(reply: ReturnType<typeof refusalReply>): Record<string, unknown> {
  return JSON.parse(Buffer.from(reply.body as Uint8Array).toString())
}

describe('a refusal as a reply', () => {
  test('is a problem (RFC 9457) with code, remedy and decision', () => {
    const reply = refusalReply(refuse(faults.shut({ detail: 'At night.' })), 'dec_1')
    expect(reply.status).toBe(401)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
    expect(bodyOf(reply)).toEqual({
      type: 'urn:portcullis:fault:door.shut',
      title: 'The door is shut',
      status: 401,
      detail: 'At night.',
      code: 'door.shut',
      remedy: 'Knock.',
      decision: 'dec_1',
    })
  })

  test('never shows what is for operators alone', () => {
    const fault = faults.shut({ internal: 'the key is under the mat', cause: new Error('the mat') })
    expect(JSON.stringify(bodyOf(refusalReply(refuse(fault), 'dec_1')))).not.toContain('mat')
  })

  test('carries one WWW-Authenticate for each challenge, and the further fields', () => {
    const refusal = refuse(faults.shut(), {
      challenges: ['Bearer', 'DPoP'],
      headers: ['Retry-After', '5', 'X', 'y'],
    })
    const { headers } = refusalReply(refusal, 'dec_1')
    expect(headers.all('www-authenticate')).toEqual(['Bearer', 'DPoP'])
    expect([headers.get('retry-after'), headers.get('x')]).toEqual(['5', 'y'])
  })

  test('must not be kept by caches', () => {
    expect(refusalReply(refuse(faults.shut()), 'dec_1').headers.get('cache-control')).toBe('no-store')
  })
})

describe('what was thrown', () => {
  test('stays the fault that it is', () => {
    const fault = faults.shut()
    expect(faultOf(fault)).toBe(fault)
  })

  test.each([new TypeError('secret'), 'secret', undefined, { secret: true }])(
    'becomes step.failed and tells the caller nothing (%s)',
    (thrown) => {
      const fault = faultOf(thrown)
      expect(fault).toMatchObject({ code: 'step.failed', status: 503, detail: undefined })
    },
  )
})
