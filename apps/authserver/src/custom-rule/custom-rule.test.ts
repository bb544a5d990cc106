import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TokenAsked } from '@portcullis/oauth/token-rules/token-asked'
import { collectingLog } from '@portcullis/ports/log/memory'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { customRuleFaults, type OpenCustomRules, openCustomRules } from './open-custom-rules.ts'

const RULES: Readonly<Record<string, string>> = {
  'office-hours': `export function rule(token: { readonly address: string; readonly country?: string; readonly risk?: number }) {
    return token.country === 'DE' ? { life: '5m', addClaims: { from: token.address, risk: token.risk } } : { refuse: 'from Germany only' }
  }`,
  silent: 'export const rule = () => undefined',
  later: 'export const rule = async () => ({ dropScopes: ["order_item"] })',
  throws: 'export const rule = () => { throw new Error("no idea") }',
  hangs: 'export const rule = () => { for (;;); }',
  waits: 'export const rule = () => new Promise(() => {})',
  strange: 'export const rule = () => ({ addClaims: { sub: "eve" } })',
  curious: `import { readFileSync } from 'node:fs'
  export const rule = () => {
    const seen = []
    if (Object.keys(process.env).length > 0) seen.push('environment')
    try { readFileSync('/etc/hostname'); seen.push('files') } catch {}
    return seen.length === 0 ? {} : { refuse: seen.join(' ') }
  }`,
}

const token: TokenAsked = {
  occasion: 'token',
  grant: 'client_credentials',
  app: 'robot',
  audience: 'https://api.example/warehouse/v1',
  environments: ['production'],
  scopes: ['list_items'],
  appRoles: [],
  entitled: [],
  address: '192.0.2.1',
  country: 'DE',
  userAgent: 'curl/8',
  risk: 7,
  nowMillis: 0,
}

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-rules-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.ts`), text)
  return folder
}

/** For rules that answer, however long this machine lets them wait. */
const PATIENT_MILLIS = 30_000

let folder: string
let rules: OpenCustomRules

beforeAll(async () => {
  folder = folderOf(RULES)
  rules = await openCustomRules(folder, collectingLog(), PATIENT_MILLIS)
})
afterAll(() => {
  rules.close()
  rmSync(folder, { recursive: true })
})

describe('a rule in TypeScript', () => {
  it('gets the address, the country and the risk, and says what becomes of the token', async () => {
    expect(await rules.ask('office-hours', token)).toEqual({
      outcome: { life: '5m', addClaims: { from: '192.0.2.1', risk: 7 } },
    })
    expect(await rules.ask('office-hours', { ...token, country: 'FR' })).toEqual({
      outcome: { refuse: 'from Germany only' },
    })
    expect(await rules.ask('silent', token)).toEqual({ outcome: {} })
    expect(await rules.ask('later', token)).toEqual({ outcome: { dropScopes: ['order_item'] } })
  })

  it.each([
    ['that throws', 'throws', 'no idea'],
    ['that is not there', 'missing', 'there is no such rule'],
    ['that says what no rule may say', 'strange', 'what it says is no outcome'],
  ])('has failed %s, which refuses', async (_, name, failed) => {
    expect(await rules.ask(name, token)).toEqual({ failed })
  })

  it.each(['hangs', 'waits'])('has failed that %s, and others go on', async (name) => {
    const hasty = await openCustomRules(folder, collectingLog())
    onTestFinished(() => hasty.close())
    expect(await hasty.ask(name, token)).toEqual({ failed: 'it did not answer within 250 ms' })
    await expect.poll(() => hasty.ask('silent', token)).toEqual({ outcome: {} })
  })

  it('sees no environment and no file but its own', async () => {
    expect(await rules.ask('curious', token)).toEqual({ outcome: {} })
  })

  it.each([
    ['does not parse', { bad: 'export const rule = (' }],
    ['exports no rule', { bad: 'export const rules = 1' }],
    ['has no name of a rule', { Bad_Name: 'export const rule = () => ({})' }],
  ])('that %s is told of at once', async (_, files) => {
    const bad = folderOf(files)
    await expect(openCustomRules(bad, collectingLog())).rejects.toMatchObject({
      code: customRuleFaults.unreadable.code,
    })
    rmSync(bad, { recursive: true })
  })
})
