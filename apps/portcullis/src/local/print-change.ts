import type { ResourceChange } from '@portcullis/api-client/route/bundle'
import { resourceId } from '@portcullis/model/resource/resource'

const SIGNS = { create: '+', update: '~', delete: '-' } as const
/** Contracts and long texts are named, not shown. */
const SHOWN_CHARACTERS = 100

/** What changes, resource by resource and value by value. */
export function changeLines(changes: readonly ResourceChange[]): string[] {
  return changes.flatMap((change) => [
    `${SIGNS[change.action]} ${resourceId(change)}`,
    ...(change.action === 'update' ? change.differences : []).map(
      ({ path, before, after }) => `    ${path}: ${show(before)} → ${show(after)}`,
    ),
  ])
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > SHOWN_CHARACTERS
    ? `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)`
    : text
}
