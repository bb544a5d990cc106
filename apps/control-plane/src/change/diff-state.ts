import { createHash } from 'node:crypto'
import type { Difference, ResourceChange } from '@portcullis/api-client/route/bundle'
import { pointer } from '@portcullis/kernel/schema'
import { kinds, type Resource } from '@portcullis/model/resource/resource'
import { contractKey, type State } from '../state/state.ts'
import { differencesOf } from './difference.ts'

/** What makes one state of another, in the order in which kinds refer to each other. */
export function diffState(before: State, after: State): ResourceChange[] {
  const ids = [...new Set([...before.resources.keys(), ...after.resources.keys()])].toSorted()
  return ids
    .flatMap((id) => changeOf(before, after, before.resources.get(id), after.resources.get(id)))
    .toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
}

function changeOf(
  before: State,
  after: State,
  old: Resource | undefined,
  next: Resource | undefined,
): ResourceChange[] {
  const resource = next ?? old
  if (resource === undefined) return []
  const { kind, organization, name } = resource
  if (old === undefined) return [{ action: 'create', kind, organization, name, differences: [] }]
  if (next === undefined) return [{ action: 'delete', kind, organization, name, differences: [] }]
  const differences = [
    ...differencesOf(old.spec, next.spec, '/spec'),
    ...contractDifferences(before, after, old, next),
  ]
  return differences.length === 0 ? [] : [{ action: 'update', kind, organization, name, differences }]
}

/** Of contracts only which files changed: their texts are long, and people compare them with tools of their own. */
function contractDifferences(before: State, after: State, old: Resource, next: Resource): Difference[] {
  if (old.kind !== 'Api' || next.kind !== 'Api') return []
  const versions = Object.keys(next.spec.versions).filter((version) =>
    Object.hasOwn(old.spec.versions, version),
  )
  return versions.flatMap((version) =>
    differencesOf(
      fingerprints(before, next, version),
      fingerprints(after, next, version),
      pointer(['spec', 'versions', version, 'contract']),
    ),
  )
}

function fingerprints(
  state: State,
  { organization, name }: Resource,
  version: string,
): Record<string, string> {
  const files = state.contracts.get(contractKey(organization, name, version))?.files ?? {}
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, fingerprint(text)]))
}

function fingerprint(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
