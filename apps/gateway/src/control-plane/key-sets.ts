import type { BoundStep } from '@portcullis/policy-kit/step/run-steps'

/** Gathers what the steps of a revision publish of keys, and writes it as JWK Sets (RFC 7517 §5) by their paths. */
export function keySets() {
  const sets = new Map<string, Map<string, Readonly<Record<string, unknown>>>>()
  return {
    add({ mode, bound }: BoundStep): void {
      if (bound.publishes === undefined || mode !== 'enforce') return
      const { path, keys } = bound.publishes
      const known = sets.get(path) ?? new Map()
      // One key may sign for many operations.
      for (const key of keys) known.set(JSON.stringify(key), key)
      sets.set(path, known)
    },
    writeTo(resources: Map<string, Uint8Array>): void {
      for (const [path, keys] of sets) {
        const document = { keys: [...keys.values()] }
        resources.set(path, new TextEncoder().encode(`${JSON.stringify(document)}\n`))
      }
    },
  }
}
