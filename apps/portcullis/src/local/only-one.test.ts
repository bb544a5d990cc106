import type { ApiClient } from '@portcullis/api-client/client'
import { expect, it } from 'vitest'
import type { Call } from '../command/command.ts'
import { readSettings } from '../setting/read-settings.ts'
import { organizationOf, printNone } from './only-one.ts'

const organizations = ['system', 'hmart']
const client = {
  listResources: async () => ({ resources: organizations.map((name) => ({ name })) }),
} as unknown as ApiClient

function callOf(values: Call['values'] = {}) {
  const lines: string[] = []
  const print = (line: string): void => void lines.push(line)
  return { lines, call: { settings: readSettings({}), values, positionals: [], print, warn: print } }
}

it('tells an empty list from one about an organization that is only misspelt', async () => {
  const known = callOf()
  await printNone(known.call, client, 'hmart')
  expect(known.lines).toEqual(['None.'])
  const slip = callOf()
  await printNone(slip.call, client, 'hmrt')
  expect(slip.lines).toEqual(['There is no organization "hmrt". Did you mean "hmart"?', 'None.'])
})

it('takes the only organization that there is beside the installation’s own, unless another is named', async () => {
  expect(await organizationOf(callOf().call, client)).toBe('hmart')
  expect(await organizationOf(callOf({ organization: 'other' }).call, client)).toBe('other')
})
