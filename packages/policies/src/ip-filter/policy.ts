import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse } from '@portcullis/policy-kit/verdict'
import { type IpFilterConfig, ipFilterContract, ipFilterFaults } from './contract.ts'
import { compileRanges, type RangeTable } from './range-table.ts'
import { admit } from './rules.ts'

/** Judges the caller's address before anything else is looked at. The record names the rule, never the address. */
export const ipFilter: Policy<IpFilterConfig> = {
  contract: ipFilterContract,
  needs: [],
  bind(config, _ports, { addressList }) {
    const named = new Map(
      [...config.allowLists, ...config.denyLists].map((name) => [name, addressList(name)]),
    )
    const unknown = [...named.keys()].find((name) => named.get(name) === undefined)
    if (unknown !== undefined) {
      // Whoever is on it may be the one who calls.
      return { onRequest: () => refuse(ipFilterFaults['unknown-list'](), { saw: { list: unknown } }) }
    }
    const entriesOf = (name: string): readonly string[] => named.get(name) ?? []
    const [allow, deny] = [
      [config.allow, ...config.allowLists.map(entriesOf)],
      [config.deny, ...config.denyLists.map(entriesOf)],
    ].map(tableOf) as [RangeTable, RangeTable]
    return {
      onRequest(x) {
        const admission = admit(x.request.remoteAddress, allow, deny)
        switch (admission.kind) {
          case 'admitted':
            return admission.rule === undefined ? proceed() : proceed({ list: 'allow', rule: admission.rule })
          case 'denied':
            return refuse(ipFilterFaults.denied(), { saw: { list: 'deny', rule: admission.rule } })
          case 'not-allowed':
            return refuse(ipFilterFaults['not-allowed'](), { saw: { list: 'allow', rule: 'none' } })
          case 'unreadable':
            return refuse(ipFilterFaults.unreadable())
        }
      },
    }
  },
}

// A list is compiled once, however many attachments name it.
const compiled = new WeakMap<readonly string[], RangeTable>()

/** Of several lists as one; most attachments have one that is not empty. */
function tableOf(lists: readonly (readonly string[])[]): RangeTable {
  const tables = lists.filter(({ length }) => length > 0).map(compiledOnce)
  const [only] = tables
  if (only !== undefined && tables.length === 1) return only
  return {
    // A list that is named and has no entries lets nobody in: it is not the same as none.
    isEmpty: lists.length === 1 && tables.length === 0,
    find(address) {
      for (const table of tables) {
        const found = table.find(address)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

function compiledOnce(list: readonly string[]): RangeTable {
  const known = compiled.get(list)
  if (known !== undefined) return known
  const made = compileRanges(list)
  compiled.set(list, made)
  return made
}
