import { readRequestHead as readHttp1 } from '@portcullis/http1/head/read-request-head'
import { announcedTrailers } from '@portcullis/http1/head/trailer'
import { readTrailers } from '@portcullis/http2/head/field'
import { readRequestHead as readHttp2 } from '@portcullis/http2/head/read-request-head'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const limits = { maxTargetBytes: 8_192, maxFields: 100, maxHeadBytes: 32_768 }

interface Asked {
  readonly method: string
  readonly target: string
  readonly host: string
  readonly name: string
  readonly value: string
}

/** What a reader takes of it, or why it does not: two readers may have different words for the same refusal. */
function overHttp1({ method, target, host, name, value }: Asked): unknown {
  const text = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${name}: ${value}\r\n`
  const bytes = Buffer.from(text, 'latin1')
  const head = readHttp1(bytes, bytes.length, limits)
  if ('reason' in head) return 'refused'
  return { method: head.method, target: head.target, host: head.host, field: head.fields.slice(2) }
}

function overHttp2({ method, target, host, name, value }: Asked): unknown {
  const raw = [':method', method, ':scheme', 'http', ':authority', host, ':path', target, name, value]
  const head = readHttp2(raw, true, limits)
  if ('reason' in head) return 'refused'
  return { method: head.method, target: head.target, host: head.host, field: head.fields.slice(2) }
}

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
const soup = (usual: string) =>
  fc
    .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...usual) }, byte), { maxLength: 12 })
    .map((each) => each.join(''))

/** One of these is odd, so that it alone decides. */
const usual: Asked = { method: 'GET', target: '/a', host: 'shop.example', name: 'x-a', value: 'b' }
const oneOdd: fc.Arbitrary<Asked> = fc.oneof(
  fc
    .constantFrom('GET', 'POST', 'get', 'TRACE', 'CONNECT', 'OPTIONS', 'PRI', '', 'G T')
    .map((method) => ({ ...usual, method })),
  soup('/abc?&=%2f%00;:@!$\'()*+,.-_~#[]{}|^`"<>\\').map((target) => ({ ...usual, target: `/${target}` })),
  fc.constantFrom('*', '', '//', '/%', '/%zz', '/%00', '?a', 'a').map((target) => ({ ...usual, target })),
  soup('abcAZ09.-_~:[]%@/, ').map((host) => ({ ...usual, host: host.trim() })),
  fc
    .constantFrom('[::1]', '[::1]:8080', 'a:0', 'a:99999', 'a:100000', 'a:', ':80', 'u@a', 'a/b')
    .map((host) => ({ ...usual, host })),
  soup("abcxyz019-_.!#$%&'*+^`|~").map((name) => ({ ...usual, name: name.toLowerCase() })),
  soup('abc 019-_.,;=/\t"').map((value) => ({ ...usual, value: value.replace(/^[ \t]+|[ \t]+$/g, '') })),
)

/** HTTP/1.1 ends lines and names by these, and so reads other fields; the tables have those. */
const endsNoLine = (asked: Asked): boolean =>
  !/[\r\n]/.test(Object.values(asked).join('')) && !asked.name.includes(':')
/** What frames or routes means something else in each. */
const isPlain = ({ name }: Asked): boolean =>
  !/^(host|te|cookie|expect|upgrade|connection|keep-alive|proxy-connection|http2-settings|content-length|transfer-encoding|trailer)$/.test(
    name,
  )

describe('HTTP/1.1 and HTTP/2', () => {
  test('read the same method, target, host, name and value, or both refuse', () => {
    let accepted = 0
    fc.assert(
      fc.property(
        oneOdd.filter((asked) => endsNoLine(asked) && isPlain(asked)),
        (asked) => {
          const first = overHttp1(asked)
          expect(overHttp2(asked)).toEqual(first)
          if (first !== 'refused') accepted++
        },
      ),
      { numRuns: 5_000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })

  test('both take no trailer that HTTP/2 refuses', () => {
    const names =
      'authorization connection content-encoding content-length content-range content-type cookie expect host http2-settings keep-alive proxy-connection set-cookie te trailer transfer-encoding upgrade'.split(
        ' ',
      )
    for (const name of names) {
      expect([name, readTrailers([name, 'x'], 10)]).toEqual([name, undefined])
      expect([name, announcedTrailers(name)]).toEqual([name, []])
    }
  })
})
