import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../address/ip-address.ts'
import { ipFilterContract } from './contract.ts'
import { ipFilter } from './policy.ts'
import { compileRanges } from './range-table.ts'

const policy = anyPolicy(ipFilter)

function call(remoteAddress: string, config: { allow?: string[]; deny?: string[] }) {
  return tryPolicy(policy, { config }, testExchange({ remoteAddress }))
}

const IN = 'let in'
const DENIED = 'ip-filter.denied'
const NOT_ALLOWED = 'ip-filter.not-allowed'
const UNREADABLE = 'ip-filter.unreadable'

/** Allow, deny, peer, outcome. */
const truth: [string[], string[], string, string][] = [
  [[], [], '192.0.2.1', IN],
  [[], [], '2001:db8::1', IN],
  [['192.0.2.1'], [], '192.0.2.1', IN],
  [['192.0.2.1'], [], '192.0.2.2', NOT_ALLOWED],
  [['192.0.2.0/24'], [], '192.0.2.255', IN],
  [['192.0.2.0/24'], [], '192.0.3.0', NOT_ALLOWED],
  [['192.0.2.0/24'], [], '192.0.1.255', NOT_ALLOWED],
  [['0.0.0.0/0'], [], '255.255.255.255', IN],
  [['0.0.0.0/0'], [], '2001:db8::1', NOT_ALLOWED],
  [['::/0'], [], 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', IN],
  [['::/0'], [], '192.0.2.1', NOT_ALLOWED],
  [['2001:db8::/33'], [], '2001:db8:7fff:ffff::', IN],
  [['2001:db8::/33'], [], '2001:db8:8000::', NOT_ALLOWED],
  [['10.0.0.0/8'], ['10.1.0.0/16'], '10.1.2.3', DENIED],
  [['10.0.0.0/8'], ['10.1.0.0/16'], '10.2.2.3', IN],
  [['10.1.2.3'], ['10.0.0.0/8'], '10.1.2.3', DENIED],
  [[], ['10.0.0.0/8'], '10.1.2.3', DENIED],
  [[], ['10.0.0.0/8'], '11.0.0.0', IN],
  // An address is the same however it is written.
  [[], ['192.0.2.0/24'], '::ffff:192.0.2.7', DENIED],
  [[], ['192.0.2.0/24'], '::FFFF:c000:207', DENIED],
  [[], ['::ffff:192.0.2.0/120'], '192.0.2.7', DENIED],
  [[], ['2001:DB8:0:0::1'], '2001:db8::1', DENIED],
  [['fe80::/10'], [], 'fe80::1%eth0', IN],
  // What is no address is let in by nothing.
  [[], [], '', UNREADABLE],
  [[], [], 'localhost', UNREADABLE],
  [['0.0.0.0/0'], [], '192.0.2.1:80', UNREADABLE],
  [['0.0.0.0/0'], [], '192.0.2.01', UNREADABLE],
  [['0.0.0.0/0'], [], '192.0.2.1%eth0', UNREADABLE],
  [['::/0'], [], '[::1]', UNREADABLE],
]

describe('ip-filter', () => {
  it.each(truth)('with allow %j and deny %j: %s is %s', async (allow, deny, peer, expected) => {
    const { ending } = await call(peer, { allow, deny })
    expect(ending?.verdict === 'refuse' ? ending.fault.code : IN).toBe(expected)
  })

  it('records the narrowest rule that decided, and not the address', async () => {
    const { x, reply } = await call('10.1.2.3', { deny: ['10.0.0.0/8', '10.1.2.0/24', '10.1.0.0/16'] })
    expect(x.trace[0]?.saw).toEqual({ list: 'deny', rule: '10.1.2.0/24' })
    const told = new TextDecoder().decode(reply.body as Uint8Array)
    expect(told).not.toContain('10.1')
  })

  it('tells a caller who is not allowed the same as one who is denied', async () => {
    const [denied, notAllowed] = [
      await call('10.1.2.3', { deny: ['10.0.0.0/8'] }),
      await call('10.1.2.3', { allow: ['11.0.0.0/8'] }),
    ].map(({ ending }) => (ending?.verdict === 'refuse' ? ending.fault : undefined))
    expect(denied?.title).toBe(notAllowed?.title)
  })
})

describe('ip-filter refuses to publish', () => {
  it.each([
    '010.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '0x1.2.3.4',
    '1..2.3',
    '1.2.3.',
    '',
    '10.1.2.3/8',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '::1%eth0',
    'fe80::%/10',
    '[::1]',
    '1::2::3',
    ':::',
    '::1:',
    ':1::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '::1.2.3',
    '1.2.3.4::',
    '2001:db8::1/32',
    '::/129',
    '::ffff:1.2.3.4/95',
    '::ffff:10.1.2.3/104',
    'example.com',
    '1.2.3.4-1.2.3.9',
    '*',
  ])('the rule "%s"', (rule) => {
    expect(ipFilterContract.config.safeParse({ deny: [rule] }).success).toBe(false)
  })

  it.each([
    '0.0.0.0',
    '255.255.255.255/32',
    '::',
    '::/0',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '::ffff:10.0.0.0/104',
    '64:ff9b::192.0.2.33',
  ])('but takes the rule "%s"', (rule) => {
    expect(ipFilterContract.config.safeParse({ deny: [rule] }).success).toBe(true)
  })
})

/** An independent reading: whole numbers, masks and a walk over all rules. */
const bitsOf = { 4: 32, 6: 128 } as const
type Version = keyof typeof bitsOf

function write(version: Version, value: bigint): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  return Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(
    ':',
  )
}

const network = fc.constantFrom<Version>(4, 6).chain((version) => {
  const bits = bitsOf[version]
  // Few distinct leading bits, so that networks often lie within each other and touch.
  const value = fc.oneof(
    fc.bigInt(0n, 2n ** BigInt(bits) - 1n),
    fc.bigInt(0n, 255n).map((b) => b << BigInt(bits - 8)),
  )
  return fc
    .record({ version: fc.constant(version), value, length: fc.integer({ min: 0, max: bits }) })
    .map((n) => {
      const host = BigInt(bits - n.length)
      return { ...n, value: (n.value >> host) << host }
    })
})

describe('ip-filter and plain arithmetic', () => {
  it('agree on which ranges contain an address, and on the narrowest of them', () => {
    fc.assert(
      fc.property(
        fc.array(network, { maxLength: 40 }),
        fc.nat(),
        fc.bigInt(-2n, 2n),
        (networks, pick, step) => {
          const table = compileRanges(networks.map((n) => `${write(n.version, n.value)}/${n.length}`))
          const near = networks[pick % Math.max(1, networks.length)] ?? {
            version: 4 as const,
            value: 0n,
            length: 32,
          }
          const bits = bitsOf[near.version]
          const size = 2n ** BigInt(bits - near.length)
          for (const base of [near.value, near.value + size, near.value + size / 2n]) {
            const address = BigInt.asUintN(bits, base + step)
            const text = write(near.version, address)
            const parsed = parseAddress(text)
            if (parsed === undefined) throw new RangeError(text)
            // An IPv4-mapped address is an IPv4 address; this arithmetic does not know that.
            if (near.version === 6 && address >> 32n === 0xffffn) continue
            const covering = networks.filter(
              (n) =>
                n.version === near.version &&
                address >> BigInt(bits - n.length) === n.value >> BigInt(bits - n.length),
            )
            const narrowest = covering.length === 0 ? undefined : Math.max(...covering.map((n) => n.length))
            const found = table.find(parsed)
            expect(found === undefined ? undefined : Number(found.split('/')[1])).toBe(narrowest)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('agree on what an address is', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 128n - 1n), (value) => {
        const words = parseAddress(write(6, value)) ?? []
        const expected = value >> 32n === 0xffffn ? value & 0xffff_ffffn : value
        expect(words.reduce((sum: bigint, word) => (sum << 32n) + BigInt(word), 0n)).toBe(expected)
      }),
    )
  })
})
