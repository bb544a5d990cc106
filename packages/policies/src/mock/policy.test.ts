import type { ExampleReply } from '@portcullis/model/example-reply'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { mock } from './policy.ts'

const policy = anyPolicy(mock)

const json = 'application/json'
const shown: ExampleReply[] = [
  { status: 404, mediaType: 'application/problem+json', body: '{"title":"gone"}' },
  { status: 200, name: 'full', mediaType: json, body: '[1,2]' },
  { status: 200, name: 'empty', mediaType: json, body: '[]' },
  { status: 200, name: 'empty', mediaType: 'text/csv', body: 'id\n' },
  { status: 204 },
]

async function answer(headers: Record<string, string> = {}, config = {}, replies = shown, method = 'GET') {
  const operation = {
    id: 'listItems',
    method: 'GET' as const,
    path: '/items',
    security: [],
    policies: [],
    replies,
  }
  const revision = testRevision({}, { operations: [operation] })
  const { ending, reply } = await tryPolicy(policy, { config }, testExchange({ revision, headers, method }))
  const text = Buffer.from((reply.body ?? []) as Uint8Array).toString()
  if (ending?.verdict === 'refuse') return ending.fault.code
  return `${reply.status} ${reply.headers.get('content-type') ?? '-'} ${text}`
}

describe('mock', () => {
  it.each<[Record<string, string>, string]>([
    [{}, `200 ${json} [1,2]`],
    [{ prefer: 'example=empty' }, `200 ${json} []`],
    [{ prefer: 'example="empty"', accept: 'text/csv' }, '200 text/csv id\n'],
    [{ prefer: 'status=404' }, '404 application/problem+json {"title":"gone"}'],
    [{ prefer: 'respond-async, code=204; x=y' }, '204 - '],
    [{ prefer: 'status=200, example=empty' }, `200 ${json} []`],
    [{ prefer: 'status=500' }, 'mock.not-shown'],
    [{ prefer: 'example=other' }, 'mock.not-shown'],
    [{ prefer: 'status=404, example=empty' }, 'mock.not-shown'],
    [{ prefer: 'status=abc, nonsense' }, `200 ${json} [1,2]`],
    [{ accept: 'text/csv' }, '200 text/csv id\n'],
    [{ accept: 'text/*;q=0.9, application/json;q=0.1' }, '200 text/csv id\n'],
    [{ accept: '*/*;q=0.1, application/json;q=0' }, '200 text/csv id\n'],
    [{ accept: 'image/png' }, 'mock.not-acceptable'],
    [{ accept: 'image/png', prefer: 'status=204' }, '204 - '],
    [{ accept: 'APPLICATION/JSON; charset=utf-8' }, `200 ${json} [1,2]`],
  ])('to %j answers %s', async (headers, expected) => {
    expect(await answer(headers)).toBe(expected)
  })

  it('answers the status that is set, unless the caller may prefer another and does', async () => {
    expect(await answer({}, { status: 404 })).toMatch(/^404/)
    expect(await answer({ prefer: 'status=204' }, { status: 404 })).toMatch(/^204/)
    expect(await answer({ prefer: 'example=empty' }, { status: 404 })).toMatch(/^200/)
    expect(await answer({ prefer: 'status=204' }, { status: 404, prefer: false })).toMatch(/^404/)
  })

  it('makes nothing up', async () => {
    expect(await answer({}, {}, [])).toBe('mock.no-example')
    expect(await answer({}, { status: 201 })).toBe('mock.not-shown')
  })

  it('shows the least of the failures where a contract shows nothing else', async () => {
    expect(await answer({}, {}, [{ status: 500 }, { status: 404 }])).toMatch(/^404/)
  })

  it('has no content for HEAD', async () => {
    expect(await answer({}, {}, shown, 'HEAD')).toBe(`200 ${json} `)
  })
})
