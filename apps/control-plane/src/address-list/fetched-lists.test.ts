import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { openOpensslAuthority } from '@portcullis/policy-kit/fixture/openssl-authority'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changed, openTestSite, resource, type TestSite } from '../test-kit.ts'
import { readList } from './read-list.ts'

const by = { actor: 'test' }
const URL = 'https://lists.example/attackers.txt'
const HOUR_MILLIS = 3_600_000

const bundle = (url = URL) => ({
  ...changed(
    'hmart.yaml',
    '  hosts:',
    `  policies: [{ policy: ip-filter, config: { denyLists: [attackers] } }]\n  hosts:`,
  ),
  'attackers.yaml': resource('AddressList', 'attackers', `{ title: Attackers, source: { url: '${url}' } }`),
})

describe('an address list that others keep', () => {
  let site: TestSite
  let answer: () => Response
  const asked: {
    readonly url: string
    readonly tag: string | null
    readonly redirect: string | undefined
  }[] = []
  const get: typeof fetch = async (url, init) => {
    asked.push({
      url: String(url),
      tag: new Headers(init?.headers).get('if-none-match'),
      redirect: init?.redirect,
    })
    return answer()
  }

  beforeEach(async () => {
    asked.length = 0
    answer = () =>
      new Response('198.51.100.0/24 # a comment\n\n; another\n2001:db8::/32\n', { headers: { etag: '"1"' } })
    site = await openTestSite({ fetch: get })
  })
  afterEach(() => site.controlPlane.close())

  const look = () => site.controlPlane.addressLists.look()
  const entries = async () =>
    (await site.controlPlane.revision('hmart', 'production')).revision.addressLists[0]?.entries
  const view = async () => (await site.controlPlane.addressLists.list('hmart'))[0]

  it('is not known before it was fetched, which is warned of, and in the revision afterwards', async () => {
    const { warnings } = await site.controlPlane.apply(bundle(), by)
    expect(warnings).toMatchObject([{ code: 'warning.stale-list', path: '/spec/source' }])
    await look()
    expect(await entries()).toEqual(['198.51.100.0/24', '2001:db8::/32'])
    expect(await view()).toEqual({
      name: 'attackers',
      url: URL,
      entries: 2,
      fetchedAt: new Date(site.clock.now()).toISOString(),
      isStale: false,
    })
    expect((await site.controlPlane.apply(bundle(), by)).warnings).toEqual([])
    expect(asked).toEqual([{ url: URL, tag: null, redirect: 'manual' }])
  })

  it('is asked for again when its time has come, by its tag, and published anew only where it changed', async () => {
    await site.controlPlane.apply(bundle(), by)
    await look()
    const before = (await site.controlPlane.revision('hmart', 'production')).revision.number
    site.clock.advance(HOUR_MILLIS)
    answer = () => new Response(null, { status: 304 })
    await look()
    expect(asked.at(-1)?.tag).toBe('"1"')
    expect((await site.controlPlane.revision('hmart', 'production')).revision.number).toBe(before)
    site.clock.advance(HOUR_MILLIS)
    answer = () => new Response('203.0.113.9')
    await look()
    expect(await entries()).toEqual(['203.0.113.9'])
    expect((await site.controlPlane.revision('hmart', 'production')).revision.number).toBe(before + 1)
  })

  it.each<[string, () => Response]>([
    ['status 503', () => new Response('', { status: 503 })],
    ['status 302', () => new Response('', { status: 302, headers: { location: 'https://other.example/' } })],
    ['line 2', () => new Response('192.0.2.1\n<html>')],
    ['no entries', () => new Response('# all is well')],
    ['no text', () => new Response(new Uint8Array([0xff, 0xfe]))],
    ['longer than', () => new Response('#'.repeat(9_000_000))],
    [
      'away',
      () => {
        throw new Error('away')
      },
    ],
  ])('keeps the last good entries where the answer is none: %s', async (told, failing) => {
    await site.controlPlane.apply(bundle(), by)
    await look()
    answer = failing
    site.clock.advance(HOUR_MILLIS)
    await look()
    expect(await entries()).toHaveLength(2)
    expect(await view()).toMatchObject({ entries: 2, isStale: false, failure: expect.stringContaining(told) })
    site.clock.advance(24 * HOUR_MILLIS)
    expect(await view()).toMatchObject({ entries: 2, isStale: true })
    expect(site.log.lines.map(({ message }) => message)).toContain(
      'an address list could not be fetched; the last good one counts',
    )
  })

  it('has its last good entries after a start, also while nobody answers', async () => {
    await site.controlPlane.apply(bundle(), by)
    await look()
    answer = () => {
      throw new Error('away')
    }
    const again = await openTestSite({ ...site, fetch: get })
    site.clock.advance(HOUR_MILLIS)
    await again.controlPlane.addressLists.look()
    await again.controlPlane.apply(bundle(), by)
    expect(await entries()).toHaveLength(2)
    await again.controlPlane.close()
  })

  it('that has moved is another, and not known before it was fetched from there', async () => {
    await site.controlPlane.apply(bundle(), by)
    await look()
    answer = () => {
      throw new Error('away')
    }
    await site.controlPlane.apply(bundle('https://other.example/list'), by)
    await look()
    expect(await entries()).toBeUndefined()
    expect(await view()).toMatchObject({ isStale: true, failure: 'away' })
  })
})

it('a list is fetched over https from a server with a certificate that is trusted, and from no other', async () => {
  using authority = openOpensslAuthority()
  const own = authority.issueServer('localhost')
  const server = createServer({ cert: own.certificate, key: own.key }, (_, response) =>
    response.end('198.51.100.7\n'),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const site = await openTestSite({ fetch })
  const list = async () => {
    site.clock.advance(HOUR_MILLIS)
    await site.controlPlane.addressLists.look()
    return (await site.controlPlane.addressLists.list('hmart'))[0]
  }
  const before = getCACertificates('default')
  await site.controlPlane.apply(
    bundle(`https://localhost:${(server.address() as AddressInfo).port}/list`),
    by,
  )
  expect(await list()).toMatchObject({ isStale: true, failure: expect.any(String) })
  setDefaultCACertificates([...before, authority.certificate])
  expect(await list()).toMatchObject({ entries: 1, isStale: false })
  setDefaultCACertificates(before)
  await site.controlPlane.close()
  server.close().closeAllConnections()
})

it('a list is read line by line, and refused as a whole', () => {
  expect(readList('192.0.2.1\r\n 192.0.2.1 \n10.0.0.0/8;x')).toEqual(['192.0.2.1', '10.0.0.0/8'])
  for (const text of ['', '10.1.2.3/8', 'localhost', '192.0.2.1 192.0.2.2']) {
    expect(() => readList(text)).toThrow()
  }
})
