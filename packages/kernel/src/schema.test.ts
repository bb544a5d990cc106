import { describe, expect, it } from 'vitest'
import { cpuMillis } from './fixture/cpu-millis.ts'
import { duration, httpUrl, issuesOf, name, placeOf, pointer, z } from './schema.ts'

const accepts = (schema: z.ZodType, value: unknown): boolean => issuesOf(schema, value).length === 0

describe('name', () => {
  it.each(['a', 'gold', 'rate-limit', 'v1', 'a'.repeat(63)])('accepts "%s"', (text) => {
    expect(accepts(name(), text)).toBe(true)
  })

  it.each([
    '',
    'Gold',
    '1a',
    '-a',
    'a-',
    'a--b',
    'a_b',
    'a.b',
    'a/b',
    'ä',
    'a b',
    'a\n',
    'a'.repeat(64),
    '..',
  ])('refuses "%s"', (text) => {
    expect(accepts(name(), text)).toBe(false)
  })

  it('refuses a long text in linear time', async () => {
    const refuse = () => expect(accepts(name(), `${'a-'.repeat(500_000)}!`)).toBe(false)
    expect(await cpuMillis(refuse)).toBeLessThan(2000)
  })
})

describe('httpUrl', () => {
  it.each(['http://127.0.0.1:8080', 'https://api.example/warehouse/v1'])('accepts %s', (text) => {
    expect(accepts(httpUrl(), text)).toBe(true)
  })

  it.each([
    'ftp://api.example',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://user:secret@api.example',
    'https://user@api.example',
    'https://api.example/?a=1',
    'https://api.example/#a',
    '/relative',
    'api.example',
    '',
  ])('refuses "%s"', (text) => {
    expect(accepts(httpUrl(), text)).toBe(false)
  })
})

describe('duration', () => {
  it('accepts what Duration reads and says how to write it otherwise', () => {
    expect(accepts(duration(), '5m')).toBe(true)
    expect(issuesOf(duration(), '5 minutes')[0]?.message).toContain('250ms, 30s, 5m, 1h, 7d')
  })
})

describe('issuesOf', () => {
  const plan = z.strictObject({
    title: z.string(),
    limits: z.array(z.strictObject({ count: z.int() })).default([]),
    tier: z.enum(['gold', 'silver']).default('gold'),
  })

  it('refuses every unknown key, each at its own place', () => {
    const issues = issuesOf(plan, { title: 'a', limits: [{ count: 1, cout: 2, 'a/b~c': 3 }] })
    expect(issues.map((issue) => issue.path)).toEqual(['/limits/0/cout', '/limits/0/a~1b~0c'])
    expect(issues[0]?.message).toBe('"cout" is not known here')
  })

  it('tells what is missing from what is wrong', () => {
    expect(issuesOf(plan, {})).toEqual([
      { path: '/title', message: 'is missing', remedy: 'Add it: expected string.' },
    ])
    expect(issuesOf(plan, { title: 1 })[0]?.message).not.toBe('is missing')
  })

  it('lists the values that would do', () => {
    expect(issuesOf(plan, { title: 'a', tier: 'bronze' })[0]?.remedy).toContain('one of gold, silver')
  })

  it('asks whether something near was meant: a key, wherever it stands, or a value', () => {
    const nested = z.strictObject({ plans: z.record(z.string(), plan).optional() })
    expect(issuesOf(nested, { plans: { a: { title: 'a', limits: [{ cout: 1 }] } } })).toEqual([
      expect.objectContaining({ message: 'is missing' }),
      expect.objectContaining({
        path: '/plans/a/limits/0/cout',
        remedy: expect.stringContaining('mean "count"?'),
      }),
    ])
    expect(issuesOf(plan, { title: 'a', tier: 'Gold' })).toEqual([
      {
        path: '/tier',
        message: '"Gold" is none of the values that it can have',
        remedy: 'Change the value: one of gold, silver. Did you mean "gold"?',
      },
    ])
  })

  it('lists the values that tell alternatives apart', () => {
    const either = z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('oidc') }),
      z.strictObject({ type: z.literal('saml') }),
    ])
    expect(issuesOf(either, {})).toEqual([
      { path: '/type', message: 'is missing', remedy: 'Add it: one of oidc, saml.' },
    ])
    expect(issuesOf(either, { type: 'oicd' })[0]?.remedy).toContain('Did you mean "oidc"?')
  })

  it('speaks of types as whoever writes YAML knows them', () => {
    expect(issuesOf(plan, { title: ['a'], limits: 'many' }).map((issue) => issue.message)).toEqual([
      'A list is no string',
      '"many" is no list',
    ])
  })

  it('speaks of the alternative that comes closest', () => {
    const either = z.union([z.strictObject({ a: z.string(), b: z.string(), c: z.string() }), plan])
    expect(issuesOf(either, { title: 'a', tier: 'bronze' }).map((issue) => issue.path)).toEqual(['/tier'])
  })

  it('speaks of the alternative that is of the type which was written', () => {
    const either = z.union([z.string(), z.strictObject({ a: z.string() })])
    expect(issuesOf(either, { a: 1 }).map((issue) => issue.path)).toEqual(['/a'])
    expect(issuesOf(either, 1)).toHaveLength(1)
  })

  it('begins its paths where it is told to', () => {
    expect(issuesOf(plan, {}, '/spec')[0]?.path).toBe('/spec/title')
  })
})

describe('pointer', () => {
  it('escapes as RFC 6901 §3 demands', () => {
    expect(pointer(['paths', '/items/{id}', 0, 'a~b'])).toBe('/paths/~1items~1{id}/0/a~0b')
    expect(pointer([])).toBe('')
  })
})

describe('placeOf', () => {
  it('names the file where there is one', () => {
    const issue = { path: '/a', message: '', remedy: '' }
    expect(placeOf(issue)).toEqual({ path: '/a' })
    expect(placeOf(issue, 'a.yaml')).toEqual({ file: 'a.yaml', path: '/a' })
  })
})
