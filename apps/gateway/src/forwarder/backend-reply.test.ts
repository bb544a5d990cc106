import { WholeBody } from '@portcullis/http1/body/whole-body'
import { WholeResponse } from '@portcullis/http1/body/whole-response'
import { describe, expect, it } from 'vitest'
import { BackendReply } from './backend-reply.ts'

const came = () =>
  new BackendReply(
    new WholeResponse({ status: 200, fields: [] }, new WholeBody(Buffer.from('as it came')), undefined),
  )
const other = Buffer.from('another')

describe('a reply of a backend', () => {
  it('is passed on as it came while nobody asks for its body', () => {
    expect(came().untouched?.text).toBe('as it came')
  })

  it('is not, once a step has seen its body: it may have written there', () => {
    const reply = came()
    expect(Buffer.from(reply.body as Uint8Array).toString()).toBe('as it came')
    expect(reply.untouched).toBeUndefined()
    expect(reply.body).toBe(reply.body)
  })

  it('is not, once a step has put another body in its place', () => {
    const reply = came()
    reply.body = other
    expect(reply.untouched).toBeUndefined()
    expect(reply.body).toBe(other)
    reply.body = undefined
    expect(reply.body).toBeUndefined()
  })
})
