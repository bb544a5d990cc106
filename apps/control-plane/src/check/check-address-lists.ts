import type { Finding } from '@portcullis/model/finding/finding'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { readRange } from '@portcullis/policies/ip-filter/range'
import { isStale } from '../address-list/fetched-lists.ts'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found, warning } from './check.ts'
import { modelFaults, warnings } from './fault.ts'

/** So many mistakes of one list are told; whoever has more has another list in mind. */
const MAX_TOLD = 20

export const checkAddressLists: Check = (landscape, _catalog, now) =>
  landscape
    .of('AddressList')
    .flatMap((list) => [...unreadable(landscape, list), ...stale(landscape, list, now)])

function unreadable(landscape: Landscape, list: ResourceOf<'AddressList'>): Finding[] {
  return (list.spec.entries ?? [])
    .flatMap((entry, i) => {
      const reading = readRange(entry)
      return 'problem' in reading ? [{ i, detail: `"${entry}": ${reading.problem}.` }] : []
    })
    .slice(0, MAX_TOLD)
    .map(({ i, detail }) =>
      found(landscape, list, ['spec', 'entries', i], modelFaults['bad-address'], detail),
    )
}

function stale(landscape: Landscape, list: ResourceOf<'AddressList'>, now: number): Finding[] {
  const { source } = list.spec
  const fetched = landscape.fetched(list)
  if (source === undefined || !isStale(source, fetched, now)) return []
  const detail =
    fetched?.fetchedAt === undefined
      ? 'It was not fetched yet; until then policies that name it let nobody in.'
      : `It was fetched ${new Date(fetched.fetchedAt).toISOString()}, and not since.`
  return [warning(landscape, list, ['spec', 'source'], warnings['stale-list'], detail)]
}
