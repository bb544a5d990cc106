import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { describe, expect, it } from 'vitest'
import { receiveFields } from './field.ts'

function passedOn(fields: Record<string, string>): string[] {
  const headers = HeaderList.of(fields)
  receiveFields(headers, '192.0.2.1', 'api.example', 'http')
  return headers
    .flat()
    .filter((_, i) => i % 2 === 0 && !/^(x-forwarded-|forwarded$)/i.test(headers.flat()[i] ?? ''))
}

describe('receiveFields', () => {
  it('judges a spelling the same however many others somebody has made up in between', () => {
    const call = { Accept: 'a', TE: 'trailers', 'pOrTcUlLiS-sUbJeCt': 'root', X_Forwarded_For: 'me' }
    expect(passedOn(call)).toEqual(['Accept'])
    for (let i = 0; i < 3_000; i++) passedOn({ [`X-Made-Up-${i}`]: '', [`Portcullis-${i}`]: '' })
    expect(passedOn(call)).toEqual(['Accept'])
  })

  it('takes for a field of the connection, or of the content, what some backends read as one', () => {
    const call = {
      Transfer_Encoding: 'chunked',
      content_length: '5',
      Content_Type: 'text/xml',
      'Content-Type': 'a/b',
      api_key: '1',
    }
    expect(passedOn(call)).toEqual(['Content-Type', 'api_key'])
  })

  it('forgets what a Connection field named once the call is over', () => {
    expect(passedOn({ Connection: 'X-Mine', 'X-Mine': '1' })).toEqual([])
    expect(passedOn({ 'X-Mine': '1' })).toEqual(['X-Mine'])
  })
})
