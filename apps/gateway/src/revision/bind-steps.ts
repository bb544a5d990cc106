import { canonicalJson } from '@portcullis/kernel/json'
import type { Ports } from '@portcullis/policy-kit/policy'
import type { EffectiveStep } from '@portcullis/policy-kit/step/effective-steps'
import { type BoundStep, bindStep } from '@portcullis/policy-kit/step/run-steps'

/**
 * Binds the steps of a revision. An attachment is bound once for all operations for which it enforces the same facts,
 * so that what a policy remembers (such as verified tokens) serves all of them.
 */
export function stepBinder(ports: Ports): (step: EffectiveStep) => BoundStep {
  const shared = new Map<string, BoundStep>()
  return (step) => {
    const key = shareKey(step)
    const known = key === undefined ? undefined : shared.get(key)
    const bound = known ?? bindStep(step, ports)
    if (key !== undefined) shared.set(key, bound)
    return bound
  }
}

function shareKey(step: EffectiveStep): string | undefined {
  const standing = [step.step, step.reach, step.replacedFor]
  if (step.facts === undefined) return canonicalJson(standing)
  return isPlainData(step.facts) ? canonicalJson([...standing, step.facts]) : undefined
}

/** Whether JSON says all that there is to say about a value. Two sets, for one, would look alike. */
function isPlainData(value: unknown): boolean {
  if (value === null || typeof value !== 'object') {
    return typeof value !== 'function' && typeof value !== 'symbol' && typeof value !== 'bigint'
  }
  if (Array.isArray(value)) return value.every(isPlainData)
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isPlainData)
}
