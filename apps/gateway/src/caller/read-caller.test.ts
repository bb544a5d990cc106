import { isIP } from 'node:net'
import { cpuMillis } from '@portcullis/kernel/fixture/cpu-millis'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callerReader, type ProxyField } from './read-caller.ts'

const PEER = '10.0.0.1'
const RANGES = ['10.0.0.0/8', '2001:db8:a::/48']
const OLDER: ProxyField[] = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']

function read(fields: readonly ProxyField[], flat: string[], peer = PEER) {
  return callerReader({ ranges: RANGES, fields }).read(peer, new HeaderList(flat))
}
const byFor = (...lines: string[]) =>
  read(
    ['x-forwarded-for'],
    lines.flatMap((line) => ['X-Forwarded-For', line]),
  )?.address
const byForwarded = (...lines: string[]) =>
  read(
    ['forwarded'],
    lines.flatMap((line) => ['Forwarded', line]),
  )

describe('the caller behind trusted proxies', () => {
  test.each([
    ['nobody, when nothing is said', [], PEER],
    ['whom the proxy names', ['192.0.2.1'], '192.0.2.1'],
    ['the first from the right that is not trusted', ['1.1.1.1, 192.0.2.1, 10.1.1.1, 10.2.2.2'], '192.0.2.1'],
    ['that over several fields too', ['1.1.1.1, 192.0.2.1', '10.1.1.1', '10.2.2.2'], '192.0.2.1'],
    ['the outermost proxy, when all are trusted', ['10.3.3.3, 10.2.2.2'], '10.3.3.3'],
    ['an address with a port', ['192.0.2.1:443'], '192.0.2.1'],
    ['an IPv6 address', ['2001:DB8::0:1'], '2001:db8::1'],
    ['an IPv6 address in brackets', ['[2001:db8::1]'], '2001:db8::1'],
    ['an IPv6 address with a port', ['[2001:db8::1]:443'], '2001:db8::1'],
    ['somebody behind a proxy of IPv6', ['192.0.2.1, 2001:db8:a::1'], '192.0.2.1'],
    ['IPv4 in IPv6 as IPv4', ['::ffff:192.0.2.1'], '192.0.2.1'],
    ['somebody behind a proxy of IPv4 in IPv6', ['192.0.2.1, ::ffff:10.0.0.2'], '192.0.2.1'],
    ['the same with empty entries in between', [' , 192.0.2.1,\t, 10.1.1.1 ,'], '192.0.2.1'],
    ['the last known before an entry that is unknown', ['192.0.2.1, unknown, 10.1.1.1'], '10.1.1.1'],
    ['the last known before rubbish', ['192.0.2.1, <script>, 10.1.1.1'], '10.1.1.1'],
    ['the last known before an open quote', ['192.0.2.1, ", 10.1.1.1'], '10.1.1.1'],
    ['nobody by an octal number', ['010.0.0.1'], PEER],
    ['nobody by a zone', ['fe80::1%eth0'], PEER],
    ['nobody by a port out of range', ['192.0.2.1:65536'], PEER],
    ['nobody by a port without digits', ['192.0.2.1:'], PEER],
    ['nobody by IPv4 in brackets', ['[192.0.2.1]'], PEER],
    ['nobody by brackets that do not end', ['[2001:db8::1'], PEER],
    ['nobody by a range', ['192.0.2.0/24'], PEER],
    ['nobody by two addresses without a comma', ['192.0.2.1 192.0.2.2'], PEER],
    ['nobody behind more hops than a chain has', [`192.0.2.1${', 10.1.1.1'.repeat(32)}`], '10.1.1.1'],
    ['the one behind as many as it may have', [`192.0.2.1${', 10.1.1.1'.repeat(31)}`], '192.0.2.1'],
  ])('is, by X-Forwarded-For, %s', (_, lines, address) => {
    expect(byFor(...lines)).toBe(address)
  })

  test.each([
    ['for=192.0.2.1', '192.0.2.1', undefined, undefined],
    ['For="192.0.2.1:47011";Proto=HTTPS;host=api.example', '192.0.2.1', 'https', 'api.example'],
    ['for="[2001:db8::1]:443"; proto=http; by=_x', '2001:db8::1', 'http', undefined],
    ['for="\\192.0.2.1";host="api.example:8443"', '192.0.2.1', undefined, 'api.example:8443'],
    [
      'for=1.1.1.1;proto=http, for=192.0.2.1;proto=https, for=10.1.1.1;proto=http',
      '192.0.2.1',
      'https',
      undefined,
    ],
    ['for=192.0.2.1;x="a, for=6.6.6.6;", for=10.1.1.1', '192.0.2.1', undefined, undefined],
    ['for=192.0.2.1;x="a, for=6.6.6.6;\\"", for=10.1.1.1', '192.0.2.1', undefined, undefined],
    ['for=192.0.2.1;', '192.0.2.1', undefined, undefined],
    // Whatever somebody leaves open further to the left changes nothing to the right of it.
    ['for="1.1.1.1, for=192.0.2.1;proto=https', '192.0.2.1', 'https', undefined],
    ['for="\\, for="[2001:db8::1]"', '2001:db8::1', undefined, undefined],
    // No address: the one who says so is the last who is known.
    ['for=unknown;proto=https', PEER, 'https', undefined],
    ['for=192.0.2.1, for=_hidden, for=10.1.1.1', '10.1.1.1', undefined, undefined],
    ['proto=https', PEER, 'https', undefined],
    // Malformed: as if it were not there.
    ['for=192.0.2.1;for=192.0.2.2', PEER, undefined, undefined],
    ['for=192.0.2.1;proto=https;PROTO=http', PEER, undefined, undefined],
    ['for=192.0.2.1 proto=https', PEER, undefined, undefined],
    ['for = 192.0.2.1', PEER, undefined, undefined],
    ['for=2001:db8::1', PEER, undefined, undefined],
    ['for="192.0.2.1', PEER, undefined, undefined],
    ['for="192.0.2.1"x', PEER, undefined, undefined],
    ['192.0.2.1', PEER, undefined, undefined],
    [';;;', PEER, undefined, undefined],
    [`for=192.0.2.1;x=${'y'.repeat(1_100)}`, PEER, undefined, undefined],
    // Of values that nothing can be, each is ignored by itself.
    ['for=192.0.2.1;proto=gopher;host="a b"', '192.0.2.1', undefined, undefined],
    ['for=192.0.2.1;host="a\\"\\\\.example"', '192.0.2.1', undefined, undefined],
  ])('is read from Forwarded: %s', (line, address, scheme, host) => {
    expect(byForwarded(line)).toEqual({ address, scheme, host })
  })

  test.each([
    ['one value', ['https'], ['192.0.2.1, 10.1.1.1'], 'https'],
    [
      'of as many as there are addresses its own',
      ['http, https, http'],
      ['1.1.1.1, 192.0.2.1, 10.1.1.1'],
      'https',
    ],
    ['of as many over several fields', ['http', 'https, http'], ['1.1.1.1, 192.0.2.1', '10.1.1.1'], 'https'],
    ['nothing of more than there are addresses', ['https, http'], ['192.0.2.1'], undefined],
    ['nothing of several without addresses', ['https, http'], [], undefined],
    ['nothing that is no scheme', ['wss'], ['192.0.2.1'], undefined],
    ['nothing beyond measure', [' '.repeat(5_000), 'https'], ['192.0.2.1'], undefined],
  ])('came by X-Forwarded-Proto: %s', (_, protos, addresses, scheme) => {
    const flat = [
      ...protos.flatMap((each) => ['X-Forwarded-Proto', each]),
      ...addresses.flatMap((each) => ['X-Forwarded-For', each]),
    ]
    expect(read(OLDER, flat)?.scheme).toBe(scheme)
  })

  test('asked by X-Forwarded-Host for a host, if it can be one', () => {
    expect(read(OLDER, ['X-Forwarded-Host', 'api.example:8443'])?.host).toBe('api.example:8443')
    for (const bad of ['a/b', 'a b', 'user@a', '[::1', '', 'a,b', 'x'.repeat(300)]) {
      expect(read(OLDER, ['X-Forwarded-Host', bad])?.host).toBeUndefined()
    }
  })

  test('is told by those fields alone that the proxies are known to write', () => {
    const flat = [
      'X-Forwarded-For',
      '192.0.2.1',
      'X-Forwarded-Proto',
      'https',
      'X-Forwarded-Host',
      'a.example',
    ]
    const forged = ['Forwarded', 'for=192.0.2.66;proto=https;host=b.example']
    expect(read(['x-forwarded-for'], [...forged, ...flat])).toEqual({
      address: '192.0.2.1',
      scheme: undefined,
      host: undefined,
    })
    expect(read(['forwarded'], flat)).toEqual({ address: PEER, scheme: undefined, host: undefined })
  })

  const anyFields = fc.array(
    fc.tuple(
      fc.constantFrom('Forwarded', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host'),
      fc.oneof(
        fc.string({ unit: 'binary-ascii' }),
        fc
          .array(fc.constantFrom('for=', '"', '\\', ',', ';', '10.1.1.1', '6.6.6.6', '[::1]', ' ', '='))
          .map((all) => all.join('')),
      ),
    ),
    { maxLength: 6 },
  )
  const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6())
  const ways = [['forwarded'], OLDER, ['x-forwarded-for']] as const

  test('is the peer whatever it says, when it is not trusted', () => {
    fc.assert(
      fc.property(anyFields, anyAddress, fc.constantFrom(...ways), (fields, peer, way) => {
        fc.pre(
          !peer.startsWith('10.') &&
            !peer.toLowerCase().startsWith('2001:db8:a:') &&
            !peer.includes('::ffff:'),
        )
        expect(read(way, fields.flat(), peer)).toBeUndefined()
      }),
    )
  })

  test('is always an address, whatever comes', () => {
    fc.assert(
      fc.property(anyFields, fc.constantFrom(...ways), (fields, way) => {
        expect(isIP(read(way, fields.flat())?.address ?? '')).not.toBe(0)
      }),
      { numRuns: 1_000 },
    )
  })

  test('is whom the outermost trusted proxy saw, whatever that caller had written itself', () => {
    const trusted = fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `10.9.${a}.${b}`)
    fc.assert(
      fc.property(
        anyFields,
        fc.array(trusted, { maxLength: 8 }),
        fc.boolean(),
        (forged, chain, isOneLine) => {
          const caller = '192.0.2.77'
          const hops = [caller, ...chain]
          const own = forged.filter(([name]) => name === 'Forwarded' || name === 'X-Forwarded-For')
          const append = (name: string, entries: string[]): string[] => {
            const before = own.filter(([each]) => each === name).map(([, value]) => value)
            const lines = isOneLine ? [[...before, ...entries].join(', ')] : [...before, ...entries]
            return lines.flatMap((line) => [name, line])
          }
          expect(read(['x-forwarded-for'], append('X-Forwarded-For', hops))?.address).toBe(caller)
          const elements = hops.map(
            (each, i) => `for="${each}:${1024 + i}";proto=${i === 0 ? 'https' : 'http'}`,
          )
          expect(read(['forwarded'], append('Forwarded', elements))).toMatchObject({
            address: caller,
            scheme: 'https',
          })
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('is found in time that grows with the length alone', async () => {
    for (const piece of [',', '"', '\\"', '"\\', ' ', '10.1.1.1,', 'for="\\"', ';', 'a=b;']) {
      const line = piece.repeat(16_384 / piece.length)
      const readAll = () => {
        for (let i = 0; i < 20; i++)
          for (const way of ways) read(way, ['Forwarded', line, 'X-Forwarded-For', line])
      }
      expect(await cpuMillis(readAll)).toBeLessThan(1_000)
    }
  })
})
